#pragma once

#include "tests/support/wire.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <fcntl.h>
#include <memory>

namespace qnzs::tests {

// As Wire, through TLS; trusts any certificate and tells which one it saw.
class TlsWire final : public Wire {
 public:
  // Speaks at most `version`. Throws std::runtime_error without a connection or a handshake.
  explicit TlsWire(std::uint16_t port, const std::string& from = "127.0.0.1",
                   std::optional<int> receive_bytes = std::nullopt, int version = TLS1_3_VERSION)
      : Wire(port, from, receive_bytes) {
    std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
    SSL_set_fd(tls_.get(), descriptor());
    // Whatever this machine's own settings would not speak, too.
    SSL_set_security_level(tls_.get(), 0);
    SSL_set_min_proto_version(tls_.get(), TLS1_VERSION);
    SSL_set_max_proto_version(tls_.get(), version);
    SSL_set_mode(tls_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (SSL_connect(tls_.get()) != 1) throw std::runtime_error("no handshake");
  }

  bool send(std::string_view bytes) override {
    while (!bytes.empty()) {
      std::size_t sent = 0;
      if (SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &sent) != 1) return false;
      bytes.remove_prefix(sent);
    }
    return true;
  }
  // After 0 the same bytes must be tried again.
  std::optional<std::size_t> send_now(std::string_view bytes) override {
    const int flags = fcntl(descriptor(), F_GETFL);
    fcntl(descriptor(), F_SETFL, flags | O_NONBLOCK);
    std::size_t sent = 0;
    ERR_clear_error();  // of other connections, for SSL_get_error
    const int result = SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &sent);
    const bool is_open = result == 1 || SSL_get_error(tls_.get(), result) == SSL_ERROR_WANT_WRITE;
    fcntl(descriptor(), F_SETFL, flags);
    return is_open ? std::optional(sent) : std::nullopt;
  }
  std::string read_some() override {
    std::array<char, 4096> piece{};
    std::size_t size = 0;
    if (SSL_read_ex(tls_.get(), piece.data(), piece.size(), &size) != 1) return {};
    return std::string(piece.data(), size);
  }
  bool has_answer(std::chrono::milliseconds time_max) override {
    return SSL_pending(tls_.get()) > 0 || Wire::has_answer(time_max);
  }

  // It has said goodbye, so that nothing can have been cut off.
  bool has_ended() const { return (SSL_get_shutdown(tls_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }
  std::string name_of_server() const {
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(
        SSL_get1_peer_certificate(tls_.get()), &X509_free);
    std::string name(64, '\0');
    const auto size =
        X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName,
                                  name.data(), static_cast<int>(name.size()));
    name.resize(static_cast<std::size_t>(std::max(size, 0)));
    return name;
  }

 private:
  static SSL* connection() {
    static const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> client(
        SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
    return SSL_new(client.get());
  }

  std::unique_ptr<SSL, decltype(&SSL_free)> tls_{connection(), &SSL_free};
};

}  // namespace qnzs::tests
