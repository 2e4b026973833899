#pragma once

#include "gateway/http/socket.hpp"

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <chrono>
#include <expected>
#include <memory>
#include <string>

namespace qnzs::http {

using TlsStream = boost::asio::ssl::stream<Socket>;

// A certificate with its key, as new handshakes use it: TLS 1.2 and 1.3, ciphers with forward
// secrecy, HTTP/1.1 alone, no renegotiation. Cheap to copy; immutable, safe from any thread.
class TlsCertificate {
 public:
  // Reads a PEM chain, the server's own certificate first, and its PEM key without a passphrase.
  // What is wrong comes back as a Chinese sentence. Blocking.
  static std::expected<TlsCertificate, std::string> load(const std::string& certificate_file,
                                                         const std::string& key_file);

  // When the server's own certificate ends. The epoch when that cannot be told.
  std::chrono::sys_seconds ends_at() const;

  // For one connection; it keeps this certificate for life. The handshake is still to be made.
  TlsStream stream(Socket socket) const { return {std::move(socket), *context_}; }

 private:
  explicit TlsCertificate(std::shared_ptr<boost::asio::ssl::context> context)
      : context_(std::move(context)) {}
  std::shared_ptr<boost::asio::ssl::context> context_;
};

}  // namespace qnzs::http
