// What the publisher decides without a broker: remedies, starting points, topics.
#include "gateway/kafka/error.hpp"
#include "gateway/kafka/position.hpp"
#include "gateway/kafka/topics.hpp"

#include <doctest/doctest.h>
#include <librdkafka/rdkafka.h>

namespace kafka = qnzs::kafka;
namespace schema = qnzs::schema;
using Match = kafka::StartPoint::Match;

TEST_CASE("The position on Kafka is gone on from when it fits") {
  CHECK(kafka::start_point(std::nullopt, 0, 10, "republish").after == 0);
  CHECK(kafka::start_point(5, 5, 10, "wait").after == 5);
  CHECK(kafka::start_point(7, 5, 10, "wait").after == 7);  // the journal had not written it yet
}

TEST_CASE("A broker that knows less than was published is a mismatch, and policy decides") {
  CHECK(kafka::start_point(std::nullopt, 5, 10, "republish").match == Match::behind);
  CHECK(kafka::start_point(std::nullopt, 5, 10, "republish").after == 0);
  CHECK(kafka::start_point(3, 5, 10, "republish").after == 3);
  CHECK(kafka::start_point(3, 5, 10, "resume").after == 5);
  CHECK_FALSE(kafka::start_point(3, 5, 10, "wait").after);
}

TEST_CASE("A journal that was replaced is published though Kafka is ahead of it") {
  CHECK(kafka::start_point(50, 0, 10, "republish").match == Match::ahead);
  CHECK(kafka::start_point(50, 0, 10, "republish").after == 0);
  CHECK_FALSE(kafka::start_point(50, 0, 10, "wait").after);
}

TEST_CASE("A position survives its document, and what is none is refused") {
  CHECK(kafka::position_in(kafka::position_document(123)) == 123);
  CHECK_FALSE(kafka::position_in("{}"));
  CHECK_FALSE(kafka::position_in("{\"sequence\":-1}"));
  CHECK_FALSE(kafka::position_in("x"));
}

TEST_CASE("Each kind of error has its remedy") {
  using kafka::Remedy;
  const auto remedy = [](kafka::Symptom symptom) { return kafka::classify(symptom, "").remedy; };
  CHECK(remedy({.code = RD_KAFKA_RESP_ERR__TIMED_OUT, .is_retriable = true}) == Remedy::retry);
  CHECK(remedy({.code = RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, .requires_abort = true}) ==
        Remedy::abort);
  CHECK(remedy({.code = RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, .requires_abort = true}) ==
        Remedy::refuse);
  CHECK(remedy({.code = RD_KAFKA_RESP_ERR_INVALID_TXN_STATE, .is_fatal = true}) == Remedy::rebuild);
  CHECK(remedy({.code = RD_KAFKA_RESP_ERR__FENCED}) == Remedy::rebuild);
  CHECK(remedy({.code = RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, .requires_abort = true}) ==
        Remedy::rebuild);
}

TEST_CASE("A topic that is not as configured is named with what it is and what it must be") {
  qnzs::config::KafkaSettings settings;
  settings.topic_prefix = "p.";
  const auto plan = kafka::topic_plan(settings, schema::Topic::messages);
  CHECK(plan.name == "p.qnzs.messages.v1");
  kafka::TopicFacts facts{plan.partitions, plan.replication, plan.configs};
  CHECK(kafka::differences(plan, facts).empty());
  facts.partitions = 3;
  facts.configs["cleanup.policy"] = "compact";
  const auto found = kafka::differences(plan, facts);
  REQUIRE(found.size() == 2);
  CHECK(found[0].contains("分区数 为 3,配置要求 12"));
  CHECK(found[1].contains("cleanup.policy 为 compact,配置要求 delete"));
}

TEST_CASE(
    "The positions topic is compacted and has one partition, and no topic with texts is "
    "compacted") {
  const qnzs::config::KafkaSettings settings;
  const auto positions = kafka::topic_plan(settings, schema::Topic::journal_positions);
  CHECK(positions.partitions == 1);
  CHECK(positions.configs.at("cleanup.policy") == "compact");
  CHECK(kafka::topic_plan(settings, schema::Topic::messages).configs.at("cleanup.policy") ==
        "delete");
  CHECK(kafka::topic_plan(settings, schema::Topic::dead_letters).configs.at("cleanup.policy") ==
        "delete");
}
