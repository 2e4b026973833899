#include "tools/simulator/hotline.hpp"

#include "gateway/kafka/client_conf.hpp"
#include "gateway/kafka/consumer.hpp"
#include "schema/codec.hpp"
#include "schema/json.hpp"
#include "tests/support/becomes_true.hpp"
#include "tests/support/gateway_process.hpp"
#include "tests/support/kafka_broker.hpp"

#include <doctest/doctest.h>
#include <httplib.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <thread>
#include <utility>

using namespace std::chrono_literals;
namespace kafka = qnzs::kafka;
namespace schema = qnzs::schema;
namespace simulator = qnzs::simulator;
using qnzs::tests::becomes_true;
using qnzs::tests::GatewayProcess;
using qnzs::tests::KafkaBroker;

namespace {

const std::string secret = "a-secret-of-the-desk-for-integration";

KafkaBroker& broker() {
  static KafkaBroker one;
  return one;
}

std::int64_t now_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string record(const std::string& number, std::int64_t revision = 0) {
  return simulator::record_of({.record_no = number,
                               .revision = revision,
                               .text = "PLANTED-CALL-TEXT",
                               .started_at = 1'700'000'000});
}

// A gateway with one desk that calls and writes files.
struct Desk {
  qnzs::tests::TemporaryFolder folder;
  GatewayProcess gateway;

  explicit Desk(const std::string& bootstrap, const std::string& more_journal = "")
      : gateway(bootstrap, settings(), "", more_journal) {
    gateway.start();
  }

  std::string settings() const {
    setenv("HOTLINE_TEST_SECRET", secret.c_str(), 1);
    std::filesystem::create_directory(folder.file("in"));
    return "[[channels.hotline]]\naccount = \"desk\"\nsite = \"henan\"\nkey_id = \"k1\"\n"
           "secret = \"${HOTLINE_TEST_SECRET}\"\npoll_ms = 50\nsettle_ms = 200\n"
           "append_lines_max = 2\nfolder = \"" +
           folder.file("in") + "\"\n";
  }

  using Headers = std::vector<std::pair<std::string, std::string>>;
  Headers signed_now(const std::string& body) const {
    return simulator::signed_headers({"desk", "k1", secret}, body, now_seconds());
  }
  httplib::Result post(const std::string& body, const Headers& headers) const {
    httplib::Client client("127.0.0.1", gateway.port());
    return client.Post("/hotline/desk", httplib::Headers(headers.begin(), headers.end()), body,
                       "application/x-ndjson");
  }
  httplib::Result post(const std::string& body) const { return post(body, signed_now(body)); }

  void put(const std::string& name, const std::string& bytes) const {
    std::ofstream(folder.file("in/" + name), std::ios::binary) << bytes;
  }
  std::string text(const std::string& name) const {
    std::ostringstream bytes;
    bytes << std::ifstream(folder.file("in/" + name)).rdbuf();
    return bytes.str();
  }

  // Everything on the messages topic, once there are `count` and nothing more has come for a while.
  std::vector<schema::Message> messages(std::size_t count) const {
    kafka::Consumer consumer(gateway.kafka(), {});
    const auto name = kafka::topic_name(gateway.kafka(), schema::Topic::messages);
    REQUIRE(becomes_true([&] { return consumer.start({name}, 1s).has_value(); }));
    std::vector<schema::Message> all;
    auto until = std::chrono::steady_clock::now() + 40s;
    bool is_complete = false;
    while (std::chrono::steady_clock::now() < until) {
      const auto batch = consumer.next(1000, 200ms);
      for (const auto& item : batch ? batch->records : std::vector<kafka::ConsumedRecord>{}) {
        auto message = schema::decode(item.value.value_or(""));
        REQUIRE(message);
        all.push_back(*std::move(message));
      }
      if (all.size() >= count && !std::exchange(is_complete, true))
        until = std::chrono::steady_clock::now() + 2s;  // for one too many
    }
    return all;
  }
};

std::multiset<std::string> numbers_of(const std::vector<schema::Message>& messages) {
  std::multiset<std::string> numbers;
  for (const auto& message : messages) numbers.insert(message.source.id.str());
  return numbers;
}

}  // namespace

TEST_CASE(
    "Signed records reach Kafka once, a correction as an update, over a kill of the gateway") {
  Desk desk(broker().address());
  const auto body = record("1") + "\n" + record("2") + "\n{}\n";
  const auto first = desk.post(body);
  REQUIRE(first);
  CHECK(first->status == 207);
  desk.gateway.kill();
  desk.gateway.start();
  const auto again = desk.post(body);
  REQUIRE(again);
  CHECK(again->status == 207);
  CHECK(again->body == first->body);
  CHECK(desk.post(record("1", 1))->status == 200);
  const auto messages = desk.messages(3);
  REQUIRE(messages.size() == 3);
  std::map<std::uint32_t, schema::Message> by_revision;
  for (const auto& message : messages) {
    CHECK(message.visibility == schema::Visibility::confidential);
    CHECK(message.call->segments.size() == 1);
    CHECK(message.verification.key_id == "k1");
    if (message.source.id.str() == "1") by_revision[message.revision] = message;
  }
  CHECK(by_revision.at(1).action == schema::Action::update);
  CHECK(by_revision.at(1).target == by_revision.at(0).id);
  const auto answer = schema::json::parse(first->body);
  CHECK(*answer->find("results")->array()->at(0).find("message_id")->text() ==
        by_revision.at(0).id.hex());
}

TEST_CASE("A request sent twice is refused, signed anew it gets the same results") {
  Desk desk("127.0.0.1:1");
  const auto body = record("1");
  const auto headers = desk.signed_now(body);
  const auto first = desk.post(body, headers);
  CHECK(first->status == 200);
  CHECK(desk.post(body, headers)->status == 403);
  const auto again = desk.post(body);
  CHECK(again->status == 200);
  CHECK(again->body == first->body);
}

TEST_CASE("Files of the folder reach Kafka once, over kills of the gateway in the middle") {
  Desk desk(broker().address());
  std::string text;
  std::multiset<std::string> expected;
  for (int i = 0; i < 600; ++i) {
    text += record("F" + std::to_string(i)) + "\n";
    expected.insert("F" + std::to_string(i));
    if (i % 100 == 50) text += "nonsense " + std::to_string(i) + "\n";
  }
  desk.put("calls.ndjson", text);
  int stored = 0;  // in all, so that a kill is known to have hit the middle
  for (int round = 0; round < 3; ++round) {
    const auto until = std::chrono::steady_clock::now() + 10s;
    int now = 0;
    while (now == 0 && std::chrono::steady_clock::now() < until) {
      now = static_cast<int>(
          qnzs::tests::metric(desk.gateway.admin_port(),
                              "qnzs_polled_total{account=\"desk\",channel=\"hotline\","
                              "outcome=\"stored\"}")
              .value_or(0));
    }
    desk.gateway.kill();
    stored += now;
    CHECK(now > 0);
    CHECK(stored < 600);
    desk.gateway.start();
  }
  desk.put("copy.ndjson", text);
  CHECK(numbers_of(desk.messages(600)) == expected);
  const auto rejected = desk.text("calls.ndjson.rejected");
  CHECK(rejected.starts_with("# 第 52 行:不是合法的 JSON"));
  CHECK(std::ranges::count(rejected, '#') == 6);
  CHECK(becomes_true([&] { return desk.text("copy.ndjson.rejected") == rejected; }));
  CHECK_FALSE(desk.gateway.log().contains("PLANTED-CALL-TEXT"));
}

TEST_CASE("A half-written file waits and is told as a metric, then comes whole") {
  Desk desk(broker().address());
  const auto text = record("1") + "\n" + record("2") + "\n";
  desk.put("a.ndjson", text.substr(0, text.size() - 30));
  const auto waiting = [&] {
    return qnzs::tests::metric(desk.gateway.admin_port(),
                               "qnzs_poll_waiting{account=\"desk\",channel=\"hotline\"}");
  };
  CHECK(becomes_true([&] { return waiting() == 1; }));
  std::this_thread::sleep_for(500ms);  // longer than a file must rest
  std::ofstream(desk.folder.file("in/a.ndjson"), std::ios::app | std::ios::binary)
      << text.substr(text.size() - 30);
  CHECK(becomes_true([&] { return waiting() == 0; }));
  CHECK(numbers_of(desk.messages(2)) == std::multiset<std::string>{"1", "2"});
  CHECK_FALSE(std::filesystem::exists(desk.folder.file("in/a.ndjson.rejected")));
}

TEST_CASE("Near its limit the journal refuses with Retry-After, and the folder waits") {
  Desk desk("127.0.0.1:1", "size_mib_max = 1\n");  // nothing drains
  const auto batch = [] {
    static int number = 0;
    std::string lines;
    for (int i = 0; i < 500; ++i) lines += record("B" + std::to_string(number++)) + "\n";
    return lines;
  };
  std::string retry_after;
  REQUIRE(becomes_true([&] {
    const auto answer = desk.post(batch());
    if (!answer || answer->status != 503) return false;
    retry_after = answer->get_header_value("Retry-After");
    return true;
  }));
  const auto seconds = std::stoi(retry_after);
  CHECK(seconds >= 1);
  CHECK(seconds <= 300);
  desk.put("a.ndjson", record("F1") + "\n");
  const std::string labels = "{account=\"desk\",channel=\"hotline\"";
  const auto value = [&](const std::string& name) {
    return qnzs::tests::metric(desk.gateway.admin_port(), name).value_or(0);
  };
  CHECK(becomes_true([&] { return value("qnzs_poll_appends_failed_total" + labels + "}") > 2; }));
  CHECK(value("qnzs_polled_total" + labels + ",outcome=\"stored\"}") == 0);
}
