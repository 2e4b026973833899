#include "gateway/http/tls.hpp"

#include "tests/support/certificate.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tests/support/tls_wire.hpp"
#include "tests/unit/gateway/http/server_support.hpp"

#include <doctest/doctest.h>

#include <ctime>
#include <filesystem>
#include <fstream>
#include <thread>

using qnzs::http::TlsCertificate;
using qnzs::tests::Running;
using qnzs::tests::TlsWire;
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

constexpr std::string_view get = "GET /x HTTP/1.1\r\nHost: h\r\n\r\n";
constexpr std::string_view last_get = "GET /x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

}  // namespace

TEST_CASE("TLS serves beside plain HTTP, keeps alive and says goodbye") {
  const Certificates certificates;
  Running running({}, certificates.load("first"));
  TlsWire secure(running.server->tls_port());
  CHECK(secure.name_of_server() == "first");
  secure.send(get);
  CHECK(secure.read_some().ends_with("GET /x "));
  secure.send(last_get);
  CHECK(secure.read_all().ends_with("GET /x "));
  CHECK(secure.has_ended());
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
  CHECK(secure.has_ended());
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
  const auto hello = [&](int version) {
    TlsWire(running.server->tls_port(), "127.0.0.1", std::nullopt, version);
  };
  CHECK_NOTHROW(hello(TLS1_2_VERSION));
  CHECK_THROWS(hello(TLS1_1_VERSION));
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
