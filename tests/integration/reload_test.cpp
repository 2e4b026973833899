#include "tests/support/becomes_true.hpp"
#include "tests/support/certificate.hpp"
#include "tests/support/gateway_process.hpp"
#include "tools/simulator/hotline.hpp"
#include "tools/simulator/wechat.hpp"

#include <doctest/doctest.h>
#include <httplib.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
namespace simulator = qnzs::simulator;
using qnzs::tests::becomes_true;
using qnzs::tests::GatewayProcess;

namespace {

constexpr const char* nowhere = "127.0.0.1:1";  // no Kafka is needed to answer

const std::string second_account =
    "[[channels.wechat]]\naccount = \"second\"\nsite = \"henan\"\nmode = \"plain\"\n"
    "appid = \"wx0000000000000002\"\ntoken = \"file:token\"\n";

httplib::Result push(httplib::Client& client, const std::string& account, std::int64_t id,
                     const std::string& token = GatewayProcess::token) {
  simulator::WechatPush push;
  push.text = "你好";
  push.openid = "oPerson" + std::to_string(id % 7);
  push.message_id = id;
  push.created_at = 1'700'000'000;
  const simulator::WechatAccount signer{token, GatewayProcess::aes_key, GatewayProcess::appid,
                                        account == "safe" ? "safe" : "plain"};
  const auto request = simulator::signed_request(signer, simulator::xml_of(push), 1'700'000'000,
                                                 simulator::Corruption::none);
  return client.Post("/wechat/" + account + "?" + request.query, request.body, "text/xml");
}

int status_of(const GatewayProcess& gateway, const std::string& account, std::int64_t id,
              const std::string& token = GatewayProcess::token) {
  httplib::Client client("127.0.0.1", gateway.port());
  const auto answer = push(client, account, id, token);
  return answer ? answer->status : 0;
}

std::string record(const std::string& number) {
  simulator::HotlineCall call;
  call.record_no = number;
  call.text = "你好";
  call.started_at = 1'700'000'000;
  return simulator::record_of(call);
}

struct Told {
  int code = -1;
  std::string text;
};

// `qnzs reload`, as an operator runs it.
Told reload(const GatewayProcess& gateway, bool is_checked_here = false) {
  const qnzs::tests::TemporaryFolder folder;
  std::vector<std::string> command{QNZS_BINARY_DIR "/bin/qnzs", "reload"};
  if (is_checked_here) {
    command.insert(command.end(), {"--config", gateway.config_file()});
  } else {
    command.insert(command.end(), {"--admin", "127.0.0.1:" + std::to_string(gateway.admin_port())});
  }
  qnzs::tests::Process process(command, folder.file("out"));
  const auto code = process.wait(60s);
  std::ifstream file(folder.file("out"));
  return {code.value_or(-1), std::string(std::istreambuf_iterator<char>(file), {})};
}

// People that push over kept connections all the time, one push after another.
class Load {
 public:
  explicit Load(const GatewayProcess& gateway) {
    for (int person = 0; person < 4; ++person) {
      people_.emplace_back([this, &gateway, person](const std::stop_token& stop) {
        httplib::Client client("127.0.0.1", gateway.port());
        client.set_keep_alive(true);
        for (std::int64_t id = person * 1'000'000 + 1; !stop.stop_requested(); ++id) {
          const auto answer = push(client, "safe", id);
          const bool is_good = answer && answer->status == 200 && answer->body == "success";
          ++(is_good ? answered : dropped);
        }
      });
    }
  }
  void stop() { people_.clear(); }
  std::atomic<int> answered{0}, dropped{0};

 private:
  std::vector<std::jthread> people_;
};

}  // namespace

TEST_CASE("Accounts come and go by reloads under load, and no request is dropped") {
  GatewayProcess gateway(nowhere);
  gateway.start();
  CHECK(status_of(gateway, "second", 1) == 404);
  Load load(gateway);
  const auto goes_on = [&load] {
    return becomes_true([&load, until = load.answered + 20] { return load.answered > until; });
  };
  for (int turn = 0; turn < 6; ++turn) {
    CHECK(goes_on());
    gateway.configure(second_account, "");
    CHECK(reload(gateway).code == 0);
    CHECK(status_of(gateway, "second", 100 + turn) == 200);
    gateway.configure("", "");
    gateway.signal(SIGHUP);
    CHECK(becomes_true([&] { return status_of(gateway, "second", 200 + turn) == 404; }, 10s));
  }
  CHECK(goes_on());
  load.stop();
  CHECK(load.dropped == 0);
  CHECK(gateway.log().contains("\"reloaded\""));
  gateway.signal(SIGTERM);
  CHECK(gateway.wait(20s) == 0);
}

TEST_CASE("A watched folder is read on over reloads, and nothing of it twice") {
  const qnzs::tests::TemporaryFolder folder;
  setenv("HOTLINE_TEST_SECRET", "a-secret-of-the-desk-for-integration", 1);
  const auto desk =
      "[[channels.hotline]]\naccount = \"desk\"\nsite = \"henan\"\nkey_id = \"k1\"\n"
      "secret = \"${HOTLINE_TEST_SECRET}\"\npoll_ms = 50\nsettle_ms = 100\nfolder = \"" +
      folder.path().string() + "\"\n";
  GatewayProcess gateway(nowhere, desk);
  gateway.start();
  constexpr int turns = 6;
  for (int turn = 0; turn < turns; ++turn) {
    std::ofstream(folder.file(std::to_string(turn) + ".ndjson"))
        << record(std::to_string(turn)) << '\n';
    CHECK(reload(gateway).code == 0);
  }
  const auto polled = [&](const std::string& outcome) {
    const auto sample =
        "\nqnzs_polled_total{account=\"desk\",channel=\"hotline\",outcome=\"" + outcome + "\"} ";
    const auto text = qnzs::tests::fetch(gateway.admin_port(), "/metrics").value_or("");
    const auto at = text.find(sample);
    return at == std::string::npos ? -1 : std::stoi(text.substr(at + sample.size()));
  };
  CHECK(becomes_true([&] { return polled("stored") == turns; }, 20s));
  CHECK(polled("repeated") == 0);
  gateway.configure("", "");
  CHECK(reload(gateway).code == 0);
  std::ofstream(folder.file("late.ndjson")) << record("late") << '\n';
  std::this_thread::sleep_for(500ms);  // ten passes, if there were any
  CHECK(polled("stored") == turns);
}

TEST_CASE("A secret is rotated by a reload") {
  GatewayProcess gateway(nowhere);
  gateway.start();
  CHECK(status_of(gateway, "plain", 1) == 200);
  std::ofstream(gateway.file("token")) << "another-token\n";
  CHECK(status_of(gateway, "plain", 2) == 200);  // not before it is asked to
  CHECK(reload(gateway).code == 0);
  CHECK(status_of(gateway, "plain", 3) == 403);
  CHECK(status_of(gateway, "plain", 3, "another-token") == 200);
}

TEST_CASE("A bad configuration changes nothing, and all that is wrong with it is told in Chinese") {
  GatewayProcess gateway(nowhere);
  gateway.start();
  const auto before = qnzs::tests::fetch(gateway.admin_port(), "/config");
  gateway.configure(second_account + "site_typo = 1\n", "body_bytes_max = 1\nidle_ms_max = 5\n");
  const auto told = reload(gateway);
  CHECK(told.code == 78);
  CHECK(told.text.contains("http.body_bytes_max: 超出范围"));
  CHECK(told.text.contains("http.idle_ms_max: 超出范围"));
  CHECK(told.text.contains("channels.wechat[2].site_typo: 没有这一项"));
  CHECK(told.text.contains("没有生效"));
  CHECK(gateway.log().contains("\"reload_refused\""));
  CHECK(gateway.log().contains("site_typo"));
  CHECK(reload(gateway, true).text.contains("网关没有变动"));
  CHECK(qnzs::tests::fetch(gateway.admin_port(), "/config") == before);
  CHECK(status_of(gateway, "second", 1) == 404);
  CHECK(status_of(gateway, "plain", 2) == 200);
}

TEST_CASE("Limits change by a reload, and what needs a restart is named and stays") {
  GatewayProcess gateway(nowhere);
  gateway.start();
  httplib::Client kept("127.0.0.1", gateway.port());
  kept.set_keep_alive(true);
  CHECK(push(kept, "plain", 1)->status == 200);
  gateway.configure("[publisher]\nbatch_entries_max = 17\n",
                    "body_bytes_max = 1024\nthreads = 1\n");
  const auto told = reload(gateway);
  CHECK(told.code == 0);
  CHECK(told.text.contains("重启后才生效:http.threads"));
  CHECK(told.text.contains("重启后才生效:publisher.batch_entries_max"));
  CHECK_FALSE(told.text.contains("body_bytes_max"));
  CHECK_FALSE(told.text.contains("listen_port"));
  CHECK(kept.Post("/wechat/plain", std::string(2000, 'x'), "text/xml")->status == 413);
  CHECK(qnzs::tests::fetch(gateway.admin_port(), "/config")->contains("body_bytes_max = 1024"));
}

TEST_CASE("A certificate is renewed by a reload, and one that cannot be used is refused") {
  GatewayProcess gateway(nowhere, "", "", "",
                         "tls_certificate_file = \"first.pem\"\ntls_key_file = \"first.key\"\n"
                         "tls_listen_port = 0\n");
  const auto folder = std::filesystem::path(gateway.config_file()).parent_path().string();
  qnzs::tests::make_certificate(folder, "first");
  qnzs::tests::make_certificate(folder, "second");
  gateway.start();
  const auto port = std::to_string(gateway.tls_port());
  const auto is_served_with = [&](const std::string& name) {
    const auto command = "curl --silent --output /dev/null --cacert " + folder + "/" + name +
                         ".pem https://127.0.0.1:" + port + "/";
    return std::system(command.c_str()) == 0;
  };
  CHECK(is_served_with("first"));
  CHECK_FALSE(is_served_with("second"));
  std::filesystem::rename(folder + "/second.key", folder + "/first.key");
  const auto refused = reload(gateway);
  CHECK(refused.code == 78);
  CHECK(refused.text.contains("tls_key_file"));
  CHECK(is_served_with("first"));
  std::filesystem::copy_file(folder + "/second.pem", folder + "/first.pem",
                             std::filesystem::copy_options::overwrite_existing);
  CHECK(reload(gateway).code == 0);
  CHECK(is_served_with("second"));
}

TEST_CASE("Without a gateway qnzs reload says so") {
  const qnzs::tests::TemporaryFolder folder;
  qnzs::tests::Process process({QNZS_BINARY_DIR "/bin/qnzs", "reload", "--admin", "127.0.0.1:1"},
                               folder.file("out"));
  CHECK(process.wait(20s) == 1);
}
