#include "gateway/kafka/client_conf.hpp"
#include "gateway/kafka/topics.hpp"
#include "tests/support/becomes_true.hpp"
#include "tests/support/judge.hpp"
#include "tests/support/kafka_admin.hpp"
#include "tests/support/kafka_broker.hpp"
#include "tests/support/platform.hpp"
#include "tests/support/push.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <set>
#include <string>

using namespace std::chrono_literals;
namespace kafka = qnzs::kafka;
namespace schema = qnzs::schema;
using qnzs::tests::becomes_true;
using qnzs::tests::GatewayProcess;
using qnzs::tests::KafkaBroker;
using qnzs::tests::Oracle;
using qnzs::tests::Platform;
using qnzs::tests::push;
using qnzs::tests::records;

namespace {

KafkaBroker& broker() {
  static KafkaBroker one;
  return one;
}

double published(const GatewayProcess& gateway) {
  return qnzs::tests::metric(gateway.admin_port(), "qnzs_journal_entries{state=\"published\"}")
      .value_or(0);
}

}  // namespace

TEST_CASE("A topic that was deleted under load is made again with all that the journal holds") {
  GatewayProcess gateway(broker().address());
  gateway.start();
  Oracle oracle(gateway.kafka());
  Platform platform(gateway.port(), oracle, 6, 10ms);
  REQUIRE(becomes_true([&] { return published(gateway) > 200; }));
  qnzs::tests::delete_topic(gateway.kafka(),
                            kafka::topic_name(gateway.kafka(), schema::Topic::messages));
  CHECK(becomes_true([&] { return gateway.log().contains("topic_lost"); }));
  oracle.read_again();
  const auto before = oracle.answered_count();
  CHECK(becomes_true([&] { return oracle.answered_count() > before + 100; }));
  platform.stop(5s);
  judge(oracle, gateway, 300);  // of what was answered before the topic went, nothing either
  CHECK_FALSE(qnzs::tests::fetch(gateway.admin_port(), "/readyz").value_or("").contains("Kafka"));
  // Killed and started anew it knows that all is there.
  gateway.kill();
  gateway.start();
  judge(oracle, gateway, 300);
}

TEST_CASE("Whichever topic is deleted, messages and dead letters are there once all the same") {
  GatewayProcess gateway(broker().address());
  gateway.start();
  const auto push_some = [&](std::int64_t first) {
    for (auto id = first; id < first + 5; ++id) {
      CHECK(push(gateway, id) == 200);
      CHECK(push(gateway, id + 100, qnzs::simulator::Corruption::xml) == 200);
    }
  };
  const auto both_hold = [&](std::size_t count) {
    const auto distinct = [&](schema::Topic topic) {
      std::set<std::string> ids;
      const auto all = records(gateway.kafka(), topic, count);
      for (const auto& record : all) ids.insert(std::string(kafka::header_of(record, "ce_id")));
      CHECK(all.size() == count);
      return ids.size();
    };
    return distinct(schema::Topic::messages) == count &&
           distinct(schema::Topic::dead_letters) == count;
  };
  push_some(1);
  CHECK(both_hold(5));
  std::size_t count = 5;
  for (const auto topic :
       {schema::Topic::messages, schema::Topic::dead_letters, schema::Topic::journal_positions}) {
    qnzs::tests::delete_topic(gateway.kafka(), kafka::topic_name(gateway.kafka(), topic));
    push_some(static_cast<std::int64_t>(count) + 1);
    count += 5;
    CHECK(both_hold(count));
  }
  stop(gateway);
}

TEST_CASE("Topics that differ from the configuration are named and used all the same") {
  auto settings = GatewayProcess(broker().address()).kafka();
  settings.partitions = 3;
  const std::vector topics{schema::Topic::messages};
  CHECK(kafka::prepare_topics(settings, topics, 20s)->made == topics);
  CHECK(kafka::prepare_topics(settings, topics, 20s)->differences.empty());
  settings.partitions = 5;
  settings.messages_keep_days = 1;
  const auto prepared = kafka::prepare_topics(settings, topics, 20s);
  REQUIRE(prepared);
  CHECK(prepared->made.empty());
  const auto& found = prepared->differences;
  REQUIRE(found.size() == 2);
  CHECK(found.at(0).contains("分区数 为 3,配置要求 5"));
  CHECK(found.at(1).contains("retention.ms"));
  auto copies = settings;
  copies.topic_prefix += "copies.";
  copies.replication_factor = 3;  // of one broker
  const auto refused = kafka::prepare_topics(copies, topics, 20s);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().cause == kafka::Cause::topic_refused);
  CHECK(kafka::operator_text(refused.error()).contains("kafka.replication_factor"));
  settings.create_topics = false;
  settings.topic_prefix += "none.";
  const auto missing = kafka::prepare_topics(settings, topics, 20s);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().cause == kafka::Cause::topic_missing);
}
