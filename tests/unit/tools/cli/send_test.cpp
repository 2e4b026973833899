#include "tests/support/certificate.hpp"
#include "tests/unit/tools/cli/cli_run.hpp"

#include <doctest/doctest.h>
#include <httplib.h>

#include <memory>
#include <thread>

using qnzs::tests::config_with;
using qnzs::tests::fixture_config;
using qnzs::tests::Run;
using qnzs::tests::TemporaryFolder;

namespace {

// A gateway that takes everything, on a free port.
class WillingServer {
 public:
  WillingServer(std::unique_ptr<httplib::Server> server, const std::string& address)
      : server_(std::move(server)) {
    server_->Post(".*",
                  [](const auto&, auto& answer) { answer.set_content("success", "text/plain"); });
    port_ = server_->bind_to_any_port(address);
    thread_ = std::jthread([this] { server_->listen_after_bind(); });
    while (!server_->is_running()) std::this_thread::yield();
  }
  ~WillingServer() { server_->stop(); }
  WillingServer(const WillingServer&) = delete;
  WillingServer& operator=(const WillingServer&) = delete;

  std::string port() const { return std::to_string(port_); }

 private:
  std::unique_ptr<httplib::Server> server_;
  int port_ = 0;
  std::jthread thread_;
};

std::unique_ptr<httplib::Server> tls_server(const TemporaryFolder& folder) {
  qnzs::tests::make_certificate(folder.path().string(), "gateway");
  return std::make_unique<httplib::SSLServer>(folder.file("gateway.pem").c_str(),
                                              folder.file("gateway.key").c_str());
}

std::vector<std::string> send(const std::string& config, std::vector<std::string> more = {}) {
  more.insert(more.begin(), {"send", "wechat", "--config", config, "--account", "safe"});
  return more;
}

}  // namespace

TEST_CASE("A push that the account has no key for is refused, and the setting it lacks is named") {
  for (const char* mode : {"safe", "compat"}) {
    const Run run({"send", "wechat", "--config", fixture_config(), "--account", "plain", "--mode",
                   mode, "--url", "http://127.0.0.1:1"});
    CHECK(run.code == 78);
    CHECK(run.err.str().contains("没有 EncodingAESKey,不能以 " + std::string(mode)));
    CHECK(run.err.str().contains("aes_key"));
    CHECK(run.out.str().empty());
  }
}

TEST_CASE("A corruption that a plain push has no place for is refused, not left out in silence") {
  for (const char* corruption : {"cipher", "appid"}) {
    const Run run({"send", "wechat", "--config", fixture_config(), "--account", "plain",
                   "--corrupt", corruption, "--url", "http://127.0.0.1:1"});
    CHECK(run.code == 64);
    CHECK(run.err.str().contains("--corrupt " + std::string(corruption)));
    CHECK(run.out.str().empty());
  }
  const Run folder({"send", "hotline", "--config", fixture_config(), "--account", "desk",
                    "--folder", "--corrupt", "signature"});
  CHECK(folder.code == 64);
  CHECK(folder.err.str().contains("--corrupt signature"));
}

TEST_CASE("An address that is no gateway's is refused with an example") {
  for (const char* url : {"ftp://x", "garbage", "http://", "http://host/path", "http://host:0",
                          "http://host:99999999999", "http://::1:8080", "http://[x]:1"}) {
    const Run run(send(fixture_config(), {"--url", url}));
    CHECK_MESSAGE(run.code == 64, url);
    CHECK(run.err.str().starts_with("--url 的值不对,应如 http://127.0.0.1:8080"));
  }
}

TEST_CASE("A gateway is called where its settings listen: an IPv6 address, TLS alone") {
  TemporaryFolder folder;
  {
    const WillingServer server(std::make_unique<httplib::Server>(), "::1");
    const auto config = config_with(
        folder, "[http]\nlisten_address = \"::1\"\nlisten_port = " + server.port() + "\n");
    const Run run(send(config));
    CHECK_MESSAGE(run.code == 0, run.out.str());
    const Run asked(send(fixture_config(), {"--url", "http://[::1]:" + server.port() + "/"}));
    CHECK_MESSAGE(asked.code == 0, asked.out.str());
  }
  const WillingServer server(tls_server(folder), "127.0.0.1");
  const auto config =
      config_with(folder,
                  "[http]\nplain = false\ntls_certificate_file = \"gateway.pem\"\ntls_key_file = "
                  "\"gateway.key\"\ntls_listen_port = " +
                      server.port() + "\n");
  const Run run(send(config));
  CHECK_MESSAGE(run.code == 0, run.out.str());
  const Run left_to_the_system(send(config_with(folder, "[http]\nlisten_port = 0\n")));
  CHECK(left_to_the_system.code == 78);
  CHECK(left_to_the_system.err.str().contains("--url"));
}

TEST_CASE("No answer is told with its cause and what to do") {
  TemporaryFolder folder;
  const auto said = [](const std::string& url) {
    const Run run(send(fixture_config(), {"--url", url}));
    CHECK(run.code == 1);
    return run.out.str();
  };
  CHECK(said("http://127.0.0.1:1").contains("http://127.0.0.1:1 没有应答:连不上:网关在运行吗"));
  const WillingServer plain(std::make_unique<httplib::Server>(), "127.0.0.1");
  CHECK(said("https://127.0.0.1:" + plain.port()).contains("TLS 没有建立"));
  const WillingServer tls(tls_server(folder), "127.0.0.1");
  CHECK(said("https://127.0.0.1:" + tls.port()).contains("TLS 证书不可信"));
  CHECK(said("http://127.0.0.1:" + tls.port()).contains("https://"));
  const Run desk({"send", "hotline", "--config", fixture_config(), "--account", "desk", "--url",
                  "http://127.0.0.1:1"});
  CHECK(desk.code == 1);
  CHECK(desk.out.str().contains("没有应答:连不上:网关在运行吗"));
}
