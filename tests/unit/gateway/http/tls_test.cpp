#include "gateway/http/tls.hpp"

#include "tests/support/certificate.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/unit/gateway/http/server_support.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>
#include <doctest/doctest.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <thread>

namespace asio = boost::asio;
namespace ssl = boost::asio::ssl;
using qnzs::http::TlsCertificate;
using qnzs::tests::Running;
using qnzs::tests::Wire;
using namespace std::chrono_literals;

namespace {

// Two certificates in a folder of their own.
struct Certificates {
  Certificates() {
    qnzs::tests::make_certificate(folder.path(), "first");
    qnzs::tests::make_certificate(folder.path(), "second");
  }
  TlsCertificate load(const std::string& name) const {
    auto loaded = TlsCertificate::load(folder.file(name + ".pem"), folder.file(name + ".key"));
    REQUIRE(loaded);
    return *std::move(loaded);
  }
  qnzs::tests::TemporaryFolder folder;
};

// A client that trusts any certificate and tells which one it saw. Speaks at most `version`.
class TlsWire {
 public:
  explicit TlsWire(std::uint16_t port, int version = TLS1_3_VERSION) {
    SSL_set_max_proto_version(stream_.native_handle(), version);
    stream_.next_layer().connect({asio::ip::make_address("127.0.0.1"), port});
    stream_.handshake(ssl::stream_base::client, error);
  }
  void send(std::string_view bytes) {
    asio::write(stream_, asio::buffer(bytes.data(), bytes.size()), error);
  }
  std::string read_some() {
    std::string piece(4096, '\0');
    piece.resize(stream_.read_some(asio::buffer(piece), error));
    return piece;
  }
  std::string read_all() {
    std::string all;
    while (!error) all += read_some();
    return all;
  }
  std::string name_of_server() {
    auto* const certificate = SSL_get1_peer_certificate(stream_.native_handle());
    std::string name(64, '\0');
    const auto size = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName,
                                                name.data(), static_cast<int>(name.size()));
    name.resize(static_cast<std::size_t>(std::max(size, 0)));
    X509_free(certificate);
    return name;
  }
  boost::system::error_code error;

 private:
  asio::io_context context_;
  ssl::context tls_{ssl::context::tls_client};
  ssl::stream<asio::ip::tcp::socket> stream_{context_, tls_};
};

constexpr std::string_view get = "GET /x HTTP/1.1\r\nHost: h\r\n\r\n";
constexpr std::string_view last_get = "GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

}  // namespace

TEST_CASE("TLS serves beside plain HTTP, keeps alive and says goodbye") {
  const Certificates certificates;
  Running running({}, certificates.load("first"));
  TlsWire secure(running.server->tls_port());
  REQUIRE_FALSE(secure.error);
  CHECK(secure.name_of_server() == "first");
  secure.send(get);
  CHECK(secure.read_some().ends_with("GET /x "));
  secure.send(last_get);
  CHECK(secure.read_all().ends_with("GET /x "));
  CHECK(secure.error == asio::error::eof);  // and not "stream truncated"
  Wire plain(running.server->port());
  plain.send(last_get);
  CHECK(plain.read_all().ends_with("GET /x "));
}

TEST_CASE("TLS alone listens on no plain port") {
  const Certificates certificates;
  qnzs::config::HttpSettings settings;
  settings.plain = false;
  Running running(settings, certificates.load("first"));
  CHECK(running.server->port() == 0);
  TlsWire secure(running.server->tls_port());
  secure.send(last_get);
  CHECK(secure.read_all().ends_with("GET /x "));
}

TEST_CASE("a malformed request over TLS gets its answer whole") {
  const Certificates certificates;
  Running running({}, certificates.load("first"));
  TlsWire secure(running.server->tls_port());
  secure.send("nonsense\r\n\r\n");
  CHECK(secure.read_all().starts_with("HTTP/1.1 400 "));
  CHECK(secure.error == asio::error::eof);
}

TEST_CASE("a handshake that does not come ends in time and holds nobody up") {
  const Certificates certificates;
  qnzs::config::HttpSettings settings;
  settings.tls_handshake_ms_max = 300;
  Running running(settings, certificates.load("first"));
  std::vector<std::unique_ptr<Wire>> silent;
  for (int i = 0; i < 50; ++i) silent.push_back(std::make_unique<Wire>(running.server->tls_port()));
  const auto before = std::chrono::steady_clock::now();
  TlsWire honest(running.server->tls_port());
  honest.send(last_get);
  CHECK(honest.read_all().ends_with("GET /x "));
  CHECK(std::chrono::steady_clock::now() - before < 1s);
  for (const auto& wire : silent) CHECK(wire->read_all().empty());
  CHECK(std::chrono::steady_clock::now() - before < 5s);
  Wire plain_on_tls(running.server->tls_port());
  plain_on_tls.send(get);
  CHECK_FALSE(plain_on_tls.read_all().contains("HTTP/1.1 200"));
  CHECK(running.echo->handled == 1);
}

TEST_CASE("a new certificate is for new handshakes, and open connections live on") {
  const Certificates certificates;
  Running running({}, certificates.load("first"));
  TlsWire open(running.server->tls_port());
  open.send(get);
  CHECK(open.read_some().ends_with("GET /x "));
  running.server->adopt({{}, running.echo, certificates.load("second")});
  TlsWire fresh(running.server->tls_port());
  CHECK(fresh.name_of_server() == "second");
  CHECK(open.name_of_server() == "first");
  open.send(last_get);
  CHECK(open.read_all().ends_with("GET /x "));
}

TEST_CASE("a metric says when the certificate in use ends, after a renewal too") {
  const Certificates certificates;
  qnzs::tests::make_certificate(certificates.folder.path(), "short", 2);
  const auto days_left = [](Running& running) {
    const auto now = static_cast<double>(std::time(nullptr));
    return (running.metric("qnzs_http_certificate_expires_timestamp_seconds") - now) / 86'400;
  };
  Running running({}, certificates.load("short"));
  CHECK(days_left(running) == doctest::Approx(2).epsilon(0.01));
  running.server->adopt({{}, running.echo, certificates.load("first")});
  CHECK(days_left(running) == doctest::Approx(30).epsilon(0.01));
  Running plain;
  CHECK(plain.metric("qnzs_http_certificate_expires_timestamp_seconds") == 0);
}

TEST_CASE("TLS 1.2 is served and nothing older") {
  const Certificates certificates;
  Running running({}, certificates.load("first"));
  TlsWire tls12(running.server->tls_port(), TLS1_2_VERSION);
  CHECK_FALSE(tls12.error);
  TlsWire tls11(running.server->tls_port(), TLS1_1_VERSION);
  CHECK(tls11.error);
}

TEST_CASE("a certificate that cannot be used is explained, and a readable key refused") {
  const Certificates certificates;
  const auto& folder = certificates.folder;
  const auto problem = [&](const std::string& certificate, const std::string& key) {
    const auto loaded = TlsCertificate::load(folder.file(certificate), folder.file(key));
    return loaded ? "" : loaded.error();
  };
  CHECK(problem("absent.pem", "first.key").contains("tls_certificate_file"));
  CHECK(problem("first.pem", "absent.key").contains("tls_key_file"));
  CHECK(problem("first.pem", "second.key").contains("成对"));
  CHECK(problem("first.key", "first.key").contains("PEM"));
  std::filesystem::permissions(folder.file("first.key"), std::filesystem::perms(0604));
  CHECK(problem("first.pem", "first.key").contains("chmod o-rwx"));
}
