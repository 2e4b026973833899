#include "gateway/http/tls.hpp"

#include <openssl/ssl.h>

#include <ctime>
#include <string_view>
#include <sys/stat.h>

namespace qnzs::http {
namespace {

namespace ssl = boost::asio::ssl;

constexpr const char* tls12_ciphers =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

// Length-prefixed, as ALPN writes it.
constexpr std::string_view http11 = "\x08http/1.1";

int select_http11(SSL* /*ssl*/, const unsigned char** chosen, unsigned char* chosen_size,
                  const unsigned char* offered, unsigned int offered_size, void* /*argument*/) {
  unsigned char* found = nullptr;
  const auto* ours = reinterpret_cast<const unsigned char*>(http11.data());
  if (SSL_select_next_proto(&found, chosen_size, ours, static_cast<unsigned int>(http11.size()),
                            offered, offered_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *chosen = found;
  return SSL_TLSEXT_ERR_OK;
}

void configure(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context, tls12_ciphers);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);  // an idle connection holds none
  // Tickets resume sessions and cost us no memory; a cache would grow by what strangers send.
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_alpn_select_cb(context, select_http11, nullptr);
}

std::string problem_with(const char* key, const std::string& path, const std::string& what) {
  return std::string(key) + " 不能用:" + path + ":" + what;
}

}  // namespace

std::expected<TlsCertificate, std::string> TlsCertificate::load(const std::string& certificate_file,
                                                                const std::string& key_file) {
  struct stat status{};
  if (stat(key_file.c_str(), &status) == 0 && (status.st_mode & S_IRWXO) != 0) {
    return std::unexpected(
        problem_with("tls_key_file", key_file, "任何用户都能读写,请执行:chmod o-rwx " + key_file));
  }
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  configure(context->native_handle());
  boost::system::error_code error;
  context->set_password_callback([](std::size_t, auto) { return std::string(); }, error);
  context->use_certificate_chain_file(certificate_file, error);
  if (error) {
    return std::unexpected(
        problem_with("tls_certificate_file", certificate_file,
                     "应为 PEM 证书链,服务器证书在最前(" + error.message() + ")"));
  }
  context->use_private_key_file(key_file, ssl::context::pem, error);
  if (error || SSL_CTX_check_private_key(context->native_handle()) != 1) {
    return std::unexpected(problem_with(
        "tls_key_file", key_file,
        "应为与证书成对、没有口令的 PEM 私钥" + (error ? "(" + error.message() + ")" : "")));
  }
  return TlsCertificate(std::move(context));
}

std::chrono::sys_seconds TlsCertificate::ends_at() const {
  const auto* const own = SSL_CTX_get0_certificate(context_->native_handle());
  std::tm time{};
  if (own == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(own), &time) != 1) return {};
  return std::chrono::sys_seconds(std::chrono::seconds(timegm(&time)));
}

}  // namespace qnzs::http
