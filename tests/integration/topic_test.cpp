#include "gateway/kafka/client_conf.hpp"
#include "gateway/kafka/topics.hpp"
#include "tests/support/judge.hpp"
#include "tests/support/kafka_admin.hpp"
#include "tests/support/kafka_broker.hpp"
#include "tests/support/platform.hpp"

#include <doctest/doctest.h>

#include <thread>

using namespace std::chrono_literals;
namespace kafka = qnzs::kafka;
namespace schema = qnzs::schema;
using qnzs::tests::GatewayProcess;
using qnzs::tests::KafkaBroker;
using qnzs::tests::Oracle;
using qnzs::tests::Platform;

namespace {

KafkaBroker& broker() {
  static KafkaBroker one;
  return one;
}

}  // namespace

TEST_CASE("A topic that was deleted is made again, and what is accepted meanwhile is published") {
  GatewayProcess gateway(broker().address());
  gateway.start();
  {
    Oracle oracle(gateway.kafka());
    Platform platform(gateway.port(), oracle, 1, 50ms);
    std::this_thread::sleep_for(2s);
    platform.stop(5s);
    judge(oracle, gateway);
  }
  // What the topic held is gone with it. Of what is accepted from here on nothing may be.
  qnzs::tests::delete_topic(gateway.kafka(),
                            kafka::topic_name(gateway.kafka(), schema::Topic::messages));
  Oracle oracle(gateway.kafka());
  Platform platform(gateway.port(), oracle, 6, 20ms, 100);
  std::this_thread::sleep_for(5s);
  platform.stop(5s);
  judge(oracle, gateway, 100);
  CHECK(qnzs::tests::fetch(gateway.admin_port(), "/readyz").value_or("").contains("Kafka") ==
        false);
}

TEST_CASE("Topics that differ from the configuration are named and used all the same") {
  auto settings = GatewayProcess(broker().address()).kafka();
  settings.partitions = 3;
  const std::vector topics{schema::Topic::messages};
  REQUIRE(kafka::prepare_topics(settings, topics, 20s));
  CHECK(kafka::prepare_topics(settings, topics, 20s)->empty());
  settings.partitions = 5;
  settings.messages_keep_days = 1;
  const auto found = kafka::prepare_topics(settings, topics, 20s);
  REQUIRE(found);
  REQUIRE(found->size() == 2);
  CHECK(found->at(0).contains("分区数 为 3,配置要求 5"));
  CHECK(found->at(1).contains("retention.ms"));
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
