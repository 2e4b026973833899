#include "gateway/kafka/client_conf.hpp"
#include "gateway/kafka/consumer.hpp"
#include "schema/codec.hpp"
#include "tests/support/judge.hpp"
#include "tests/support/kafka_admin.hpp"
#include "tests/support/kafka_broker.hpp"
#include "tests/support/push.hpp"
#include "tools/simulator/wechat.hpp"

#include <doctest/doctest.h>
#include <httplib.h>

#include <algorithm>
#include <cctype>
#include <csignal>
#include <functional>
#include <random>

using namespace std::chrono_literals;
namespace kafka = qnzs::kafka;
namespace schema = qnzs::schema;
namespace simulator = qnzs::simulator;
using qnzs::tests::GatewayProcess;
using qnzs::tests::KafkaBroker;

namespace {

const std::string planted_text = "PLANTED-MESSAGE-TEXT";
const std::string planted_openid = "oPlantedPerson";

KafkaBroker& broker() {
  static KafkaBroker one;
  return one;
}

httplib::Result post(const GatewayProcess& gateway, std::int64_t id,
                     simulator::Corruption corruption = simulator::Corruption::none,
                     const std::string& text = planted_text) {
  simulator::WechatPush push;
  push.text = text;
  push.openid = planted_openid;
  push.message_id = id;
  push.created_at = 1'700'000'000;
  const simulator::WechatAccount account{GatewayProcess::token, GatewayProcess::aes_key,
                                         GatewayProcess::appid, "safe"};
  const auto request =
      simulator::signed_request(account, simulator::xml_of(push), 1'700'000'000, corruption);
  httplib::Client client("127.0.0.1", gateway.port());
  return client.Post("/wechat/safe?" + request.query, request.body, "text/xml");
}

bool is_success(const httplib::Result& answer) {
  return answer && answer->status == 200 && answer->body == "success";
}

bool becomes_true(const std::function<bool()>& condition) {
  const auto until = std::chrono::steady_clock::now() + 20s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(50ms);
  }
  return true;
}

// Everything on a topic once there are `count` records, or what there is after half a minute.
std::vector<kafka::ConsumedRecord> records(const GatewayProcess& gateway, schema::Topic topic,
                                           std::size_t count) {
  kafka::Consumer consumer(gateway.kafka(), {});
  const auto name = kafka::topic_name(gateway.kafka(), topic);  // made soon after the start
  REQUIRE(becomes_true([&] { return consumer.start({name}, 1s).has_value(); }));
  std::vector<kafka::ConsumedRecord> all;
  const auto until = std::chrono::steady_clock::now() + 30s;
  while (all.size() < count && std::chrono::steady_clock::now() < until) {
    if (auto batch = consumer.next(1000, 200ms))
      std::ranges::move(batch->records, std::back_inserter(all));
  }
  return all;
}

std::string header(const kafka::ConsumedRecord& record, std::string_view name) {
  for (const auto& [key, value] : record.headers)
    if (key == name) return value;
  return {};
}

}  // namespace

TEST_CASE("A callback becomes one message on Kafka, its repeats none, over a restart too") {
  GatewayProcess gateway(broker().address());
  gateway.start();
  CHECK(is_success(post(gateway, 1)));
  CHECK(is_success(post(gateway, 1)));
  stop(gateway);
  gateway.start();
  CHECK(is_success(post(gateway, 1)));
  CHECK(is_success(post(gateway, 2)));
  const auto all = records(gateway, schema::Topic::messages, 2);
  REQUIRE(all.size() == 2);
  for (const auto& record : all) {
    const auto message = schema::decode(record.value.value_or(""));
    REQUIRE(message);
    CHECK(message->text == planted_text);
    CHECK(record.key == message->conversation.key.hex());
    CHECK(header(record, "ce_id") == message->id.hex());
    CHECK(header(record, "ce_type") == "qnzs.message.new.v1");
    CHECK(header(record, "content-type") == "application/json");
  }
  CHECK(header(all[0], "ce_sequence") < header(all[1], "ce_sequence"));
}

TEST_CASE("Both sums of the promise hold and are metrics") {
  GatewayProcess gateway(broker().address());
  gateway.start();
  CHECK(is_success(post(gateway, 1)));
  CHECK(is_success(post(gateway, 1)));
  CHECK(is_success(post(gateway, 2, simulator::Corruption::xml)));
  CHECK(post(gateway, 3, simulator::Corruption::signature)->status == 403);
  const auto sum = [&](const std::string& name) {
    return qnzs::tests::metric(gateway.admin_port(), name).value_or(-1);
  };
  CHECK(becomes_true([&] { return sum("qnzs_journal_entries{state=\"published\"}") == 2; }));
  CHECK(becomes_true([&] { return sum("qnzs_journal_callbacks{outcome=\"all\"}") == 4; }));
  CHECK(sum("qnzs_journal_callbacks{outcome=\"stored\"}") == 1);
  CHECK(sum("qnzs_journal_callbacks{outcome=\"repeated\"}") == 1);
  CHECK(sum("qnzs_journal_callbacks{outcome=\"dead_lettered\"}") == 1);
  CHECK(sum("qnzs_journal_callbacks{outcome=\"refused\"}") == 1);
  CHECK(sum("qnzs_journal_entries{state=\"queued\"}") == 0);
}

TEST_CASE("While callbacks keep coming, transactions begin at least gather_ms_max apart") {
  GatewayProcess gateway(broker().address(), "[publisher]\ngather_ms_max = 400\n");
  gateway.start();
  const auto metric = [&](const std::string& name) {
    return qnzs::tests::metric(gateway.admin_port(), name).value_or(-1);
  };
  const auto committed = [&] {
    return metric("qnzs_publisher_transactions_total{outcome=\"committed\"}");
  };
  CHECK(becomes_true([&] { return metric("qnzs_publisher_publishing") == 1; }));
  const auto before = committed();
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 80; ++i) {
    CHECK(is_success(post(gateway, 100 + i)));
    std::this_thread::sleep_for(20ms);
  }
  CHECK(becomes_true([&] { return metric("qnzs_journal_entries{state=\"published\"}") == 80; }));
  const auto gathers = (std::chrono::steady_clock::now() - start) / 400ms;
  CHECK(committed() - before >= 2);
  CHECK(committed() - before <= static_cast<double>(gathers) + 2);
}

TEST_CASE("What is authentic but not understood is a dead letter with its bytes") {
  GatewayProcess gateway(broker().address());
  gateway.start();
  CHECK(is_success(post(gateway, 1, simulator::Corruption::cipher)));
  const auto all = records(gateway, schema::Topic::dead_letters, 1);
  REQUIRE(all.size() == 1);
  const auto letter = schema::decode_dead_letter(all[0].value.value_or(""));
  REQUIRE(letter);
  CHECK(letter->reason == "unopenable");
  CHECK(letter->payload.contains("<Encrypt>"));
  CHECK(all[0].key == "wechat:safe");
}

TEST_CASE("A record that Kafka refuses for ever becomes a dead letter behind everything else") {
  GatewayProcess gateway(broker().address());
  gateway.start();
  CHECK(is_success(post(gateway, 1)));
  REQUIRE(records(gateway, schema::Topic::messages, 1).size() == 1);
  const auto topic = kafka::topic_name(gateway.kafka(), schema::Topic::messages);
  qnzs::tests::set_topic_config(gateway.kafka(), topic, "max.message.bytes", "3000");
  const auto incompressible = qnzs::tests::incompressible(8000);
  std::int64_t number = 100;
  CHECK(becomes_true([&] {  // the broker takes a moment to know its new limit
    const auto text = incompressible + std::to_string(++number);
    CHECK(is_success(post(gateway, number, simulator::Corruption::none, text)));
    std::this_thread::sleep_for(200ms);
    return gateway.log().contains("record_refused");
  }));
  CHECK(is_success(post(gateway, 2)));
  const auto queued = [&] {
    return qnzs::tests::metric(gateway.admin_port(), "qnzs_journal_entries{state=\"queued\"}");
  };
  CHECK(becomes_true([&] { return queued() == 0; }));
  const auto letters = records(gateway, schema::Topic::dead_letters, 1);
  REQUIRE_FALSE(letters.empty());
  const auto letter = schema::decode_dead_letter(letters[0].value.value_or(""));
  REQUIRE(letter);
  CHECK(letter->reason == "refused_by_kafka");
  CHECK(letter->payload.contains(incompressible.substr(0, 500)));
  CHECK(letters[0].key == "wechat:safe");
}

TEST_CASE("No text, person or secret reaches the log, at any level") {
  GatewayProcess gateway(broker().address(), "[log]\nlevel = \"debug\"\n");
  gateway.start();
  CHECK(is_success(post(gateway, 1)));
  CHECK(is_success(post(gateway, 2, simulator::Corruption::xml)));
  CHECK(is_success(post(gateway, 3, simulator::Corruption::cipher)));
  CHECK(post(gateway, 4, simulator::Corruption::signature)->status == 403);
  CHECK(becomes_true([&] { return gateway.log().contains("message_stored"); }));
  const auto settings = qnzs::tests::fetch(gateway.admin_port(), "/config").value_or("");
  CHECK(settings.contains("token = \"********\""));
  stop(gateway);
  for (const auto& secret : {planted_text, planted_openid, std::string(GatewayProcess::token),
                             std::string(GatewayProcess::aes_key), std::string(64, '7')}) {
    CHECK_FALSE(gateway.log().contains(secret));
    CHECK_FALSE(settings.contains(secret));
  }
}

TEST_CASE("A second gateway on the same journal refuses to start and says so") {
  GatewayProcess gateway(broker().address());
  gateway.start();
  qnzs::tests::TemporaryFolder folder;
  qnzs::tests::Process second(
      {QNZS_BINARY_DIR "/bin/qnzs-gateway", "--config", gateway.config_file()}, folder.file("log"));
  CHECK(second.wait(20s) == 78);
  CHECK(is_success(post(gateway, 1)));
}

TEST_CASE("While Kafka is away stopping is prompt: at once in trouble, else within stop_ms_max") {
  const auto stops_within = [](GatewayProcess& gateway, std::chrono::milliseconds time) {
    const auto start = std::chrono::steady_clock::now();
    gateway.signal(SIGTERM);
    return gateway.wait(20s) == 0 && std::chrono::steady_clock::now() - start < time;
  };
  GatewayProcess gateway("127.0.0.1:1");
  gateway.start();
  CHECK(stops_within(gateway, 2s));  // nothing to publish
  gateway.start();
  CHECK(qnzs::tests::fetch(gateway.admin_port(), "/readyz").value_or("").contains("正在连接"));
  CHECK(is_success(post(gateway, 1)));
  CHECK(stops_within(gateway, 7s));  // still connecting: five seconds of hope
  gateway.start();
  CHECK(becomes_true([&] {
    return qnzs::tests::metric(gateway.admin_port(), "qnzs_publisher_state{state=\"troubled\"}") ==
           1;
  }));
  CHECK(stops_within(gateway, 2s));
  CHECK_FALSE(gateway.log().contains("publisher_recovered"));
}

TEST_CASE("Without any Kafka the gateway starts, answers, is ready and says what is missing") {
  GatewayProcess gateway("127.0.0.1:1");
  gateway.start();
  CHECK(is_success(post(gateway, 1)));
  CHECK(becomes_true([&] {
    return qnzs::tests::fetch(gateway.admin_port(), "/readyz")
        .value_or("")
        .contains("连不上 Kafka");
  }));
  CHECK(qnzs::tests::metric(gateway.admin_port(), "qnzs_journal_entries{state=\"queued\"}") == 1);
  stop(gateway);
}
