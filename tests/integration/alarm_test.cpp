// Alarms of a real gateway, by a real command and a real HTTP receiver. No Kafka: that is the
// cause.
#include "gateway/alarm/delivery.hpp"
#include "schema/json.hpp"
#include "tests/support/becomes_true.hpp"
#include "tests/support/judge.hpp"
#include "tests/support/push.hpp"
#include "tools/cli/command.hpp"

#include <doctest/doctest.h>
#include <httplib.h>

#include <csignal>
#include <fstream>
#include <mutex>
#include <sstream>
#include <thread>

using namespace std::chrono_literals;
namespace simulator = qnzs::simulator;
using qnzs::tests::becomes_true;
using qnzs::tests::GatewayProcess;
using qnzs::tests::push;

namespace {

const std::string secret = "a secret of the test's own";

std::string member(const std::string& document, const char* name) {
  const auto value = qnzs::schema::json::parse(document);
  const auto* found = value ? value->find(name) : nullptr;
  const auto* text = found == nullptr ? nullptr : found->text();
  return text == nullptr ? "" : *text;
}

// Somebody's pager: keeps what is rightly signed, after failing as often as it was told to.
class Receiver {
 public:
  explicit Receiver(int failures = 0) : failures_(failures) {
    server_.Post("/duty", [this](const httplib::Request& request, httplib::Response& answer) {
      const std::scoped_lock lock(mutex_);
      if (failures_-- > 0) {
        answer.status = 503;
        return;
      }
      const auto right = qnzs::alarm::signature(
          secret, request.get_header_value("X-Qnzs-Timestamp"), request.body);
      if (request.get_header_value("X-Qnzs-Signature") == right)
        documents_.push_back(request.body);
      else
        answer.status = 403;
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::jthread([this] { server_.listen_after_bind(); });
  }
  ~Receiver() { server_.stop(); }
  // How often this alarm came in this phase.
  int count(const std::string& alarm, const std::string& phase) {
    const std::scoped_lock lock(mutex_);
    int count = 0;
    for (const auto& document : documents_)
      count += member(document, "alarm") == alarm && member(document, "phase") == phase ? 1 : 0;
    return count;
  }
  std::string all() {
    const std::scoped_lock lock(mutex_);
    std::string all;
    for (const auto& document : documents_) all += document + "\n";
    return all;
  }
  std::string toml() const {
    setenv("ALARM_SECRET", secret.c_str(), 1);
    return "[alarm]\nlook_ms = 50\ndisk_free_mib_min = 0\nwebhook_secret = \"${ALARM_SECRET}\"\n"
           "webhook_url = \"http://127.0.0.1:" +
           std::to_string(port_) + "/duty\"\n";
  }

 private:
  std::mutex mutex_;
  int failures_;
  std::vector<std::string> documents_;
  httplib::Server server_;
  int port_ = 0;
  std::jthread thread_;
};

std::string contents(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// A script that keeps what it is told.
std::string script(const qnzs::tests::TemporaryFolder& folder, const std::string& last) {
  const auto path = folder.file("page");
  std::ofstream(path) << "#!/bin/sh\ncat >>" << folder.file("paged") << "\necho \"$1\"\n"
                      << last << "\n";
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  return path;
}

}  // namespace

TEST_CASE("What cannot be published wakes people by command and by signed webhook, and repeats") {
  Receiver receiver(2);  // its first two answers are 503: tried again
  qnzs::tests::TemporaryFolder folder;
  GatewayProcess gateway("127.0.0.1:1", receiver.toml() + "oldest_seconds_max = 1\n" +
                                            "repeat_seconds = 2\ncommand = [\"" +
                                            script(folder, "") + "\", \"now\"]\n");
  gateway.start();
  CHECK(push(gateway, 1) == 200);
  CHECK(becomes_true([&] { return receiver.count("oldest_queued", "repeated") >= 1; }));
  CHECK(receiver.count("oldest_queued", "raised") == 1);
  CHECK_FALSE(receiver.all().contains("PLANTED"));
  CHECK(
      contents(folder.file("paged")).contains("\"alarm\":\"oldest_queued\",\"phase\":\"raised\""));
  const auto metric = [&](const std::string& name) {
    return qnzs::tests::metric(gateway.admin_port(), name).value_or(-1);
  };
  CHECK(metric("qnzs_alarm_active{alarm=\"oldest_queued\"}") == 1);
  CHECK(metric("qnzs_alarm_active{alarm=\"disk_low\"}") == 0);
  CHECK(becomes_true([&] {
    return metric("qnzs_alarm_deliveries_total{outcome=\"delivered\",way=\"webhook\"}") >= 2;
  }));
  CHECK(metric("qnzs_alarm_deliveries_total{outcome=\"delivered\",way=\"command\"}") >= 2);
  stop(gateway);
}

TEST_CASE("Wrong signatures of one account raise an alarm of that account, and it is cleared") {
  Receiver receiver;
  GatewayProcess gateway("127.0.0.1:1", receiver.toml() +
                                            "unauthentic_min = 5\nclear_after_seconds = 1\n" +
                                            "unauthentic_window_seconds = 3\n");
  gateway.start();
  for (int i = 0; i < 5; ++i) CHECK(push(gateway, i, simulator::Corruption::signature) == 403);
  CHECK(becomes_true([&] { return receiver.count("unauthentic", "raised") == 1; }));
  CHECK(receiver.all().contains("\"subject\":\"wechat/safe\""));
  CHECK(becomes_true([&] { return receiver.count("unauthentic", "cleared") == 1; }));
}

TEST_CASE("A journal that refuses raises an alarm with its reason") {
  Receiver receiver;
  GatewayProcess gateway("127.0.0.1:1", receiver.toml() + "journal_percent_max = 30\n", "",
                         "size_mib_max = 1\nrefuse_at_percent = 40\n");
  gateway.start();
  std::int64_t id = 0;
  CHECK(becomes_true([&] {
    for (int i = 0; i < 50; ++i) push(gateway, ++id);
    return receiver.count("journal_refuses", "raised") == 1;
  }));
  CHECK(receiver.all().contains("journal.size_mib_max"));
}

TEST_CASE("A command that hangs delays neither answers nor the stop of the gateway") {
  qnzs::tests::TemporaryFolder folder;
  GatewayProcess gateway("127.0.0.1:1",
                         "[alarm]\nlook_ms = 50\noldest_seconds_max = 1\ncommand_ms_max = 60000\n"
                         "command = [\"" +
                             script(folder, "sleep 300") + "\"]\n");
  gateway.start();
  CHECK(push(gateway, 1) == 200);
  CHECK(becomes_true([&] { return contents(folder.file("paged")).contains("raised"); }));
  const auto start = std::chrono::steady_clock::now();
  CHECK(push(gateway, 2) == 200);
  CHECK(std::chrono::steady_clock::now() - start < 2s);
  gateway.signal(SIGTERM);
  CHECK(gateway.wait(15s) == 0);
}

TEST_CASE("A test alarm goes the real ways and tells what became of it") {
  Receiver receiver;
  qnzs::tests::TemporaryFolder folder;
  GatewayProcess gateway("127.0.0.1:1", receiver.toml() + "command = [\"" +
                                            script(folder, "exit 3") + "\", \"said\"]\n");
  gateway.start();
  std::ostringstream out;
  std::ostringstream err;
  CHECK(qnzs::cli::run({"alarm", "test", "--config", gateway.config_file()}, out, err) == 1);
  CHECK(out.str().contains("command:没有送到(exit code 3),对方说:said"));
  CHECK(out.str().contains("webhook:已送到"));
  CHECK(receiver.count("test", "raised") == 1);
}
