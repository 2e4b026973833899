// What the publisher decides without a broker: remedies, starting points, topics.
#include "gateway/kafka/error.hpp"
#include "gateway/kafka/position.hpp"
#include "gateway/kafka/topics.hpp"

#include <doctest/doctest.h>
#include <librdkafka/rdkafka.h>

namespace kafka = qnzs::kafka;
namespace schema = qnzs::schema;
using Match = kafka::StartPoint::Match;

namespace {

kafka::Position own(std::uint64_t sequence) {
  return {sequence, "ours", "id " + std::to_string(sequence)};
}

kafka::Position theirs(std::uint64_t sequence) {
  return {sequence, "theirs", "id of theirs"};
}

// With a journal of one opening that holds up to `last`.
kafka::StartPoint start(const std::optional<kafka::Position>& on_kafka, std::uint64_t published,
                        std::uint64_t last, std::string_view policy) {
  auto here = own(on_kafka.value_or(kafka::Position{}).sequence);
  if (here.sequence > last) here.id = "";
  return kafka::start_point(on_kafka, here, published, last, policy);
}

}  // namespace

TEST_CASE("The position on Kafka is gone on from when it is a place in this journal") {
  CHECK(start(std::nullopt, 0, 10, "republish").after == 0);
  CHECK(start(own(5), 5, 10, "wait").after == 5);
  CHECK(start(own(7), 5, 10, "wait").after == 7);  // the journal had not written it yet
  CHECK(start(own(10), 5, 10, "wait").after == 10);
}

TEST_CASE("A broker that knows less than was published is a mismatch, and policy decides") {
  CHECK(start(std::nullopt, 5, 10, "republish").match == Match::behind);
  CHECK(start(std::nullopt, 5, 10, "republish").after == 0);
  CHECK(start(own(3), 5, 10, "republish").after == 3);
  CHECK(start(own(3), 5, 10, "resume").after == 5);
  CHECK_FALSE(start(own(3), 5, 10, "wait").after);
  auto forgotten = own(3);  // by the journal: its row has expired
  forgotten.id = "";
  CHECK(kafka::start_point(own(3), forgotten, 5, 10, "republish").match == Match::behind);
}

TEST_CASE("A journal that was replaced is published from its first entry, however much it holds") {
  for (const std::uint64_t known : {3UL, 10UL, 50UL}) {
    CAPTURE(known);
    CHECK(start(theirs(known), 0, 10, "republish").match == Match::foreign);
    CHECK(start(theirs(known), 0, 10, "republish").after == 0);
    CHECK(start(theirs(known), 0, 10, "resume").after == 0);
    CHECK_FALSE(start(theirs(known), 0, 10, "wait").after);
  }
}

TEST_CASE("A restored backup is published from what it knows, whatever came after it elsewhere") {
  // Opened anew: sequences beyond the backup belong to another opening.
  CHECK(start(theirs(8), 5, 10, "republish").after == 5);
  // The machine itself was set back, so that the opening is the same: another record is there.
  auto other = own(8);
  other.id = "id of another";
  CHECK(start(other, 5, 10, "republish").match == Match::foreign);
  CHECK(start(other, 5, 10, "republish").after == 5);
  CHECK(start(own(12), 5, 10, "republish").after == 5);  // beyond all there is
}

TEST_CASE("A second gateway's position below ours repeats nothing, for it is no place of ours") {
  CHECK(start(theirs(3), 5, 10, "republish").match == Match::foreign);
  CHECK(start(theirs(3), 5, 10, "republish").after == 5);
}

TEST_CASE("A position of an older version vouches for nothing beyond what the journal knows") {
  const auto old = [](std::uint64_t sequence) { return kafka::Position{sequence, "", ""}; };
  CHECK(start(old(5), 5, 10, "wait").after == 5);
  CHECK(start(old(3), 5, 10, "republish").after == 3);
  CHECK(start(old(7), 5, 10, "republish").after == 5);
  CHECK(start(old(7), 0, 10, "republish").after == 0);  // a new journal beside an old position
}

TEST_CASE("A position survives its document, and what is none is refused") {
  CHECK(kafka::position_in(kafka::position_document(own(123))) == own(123));
  const auto old = kafka::position_in(R"({"schema":"qnzs.journal-position/1","sequence":7})");
  CHECK(old == kafka::Position{7, "", ""});
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
  CHECK(positions.configs.at("segment.bytes") == "16777216");  // read whole at every start
  CHECK(positions.configs.at("segment.ms") == "3600000");
  CHECK(kafka::topic_plan(settings, schema::Topic::messages).configs.at("cleanup.policy") ==
        "delete");
  CHECK(kafka::topic_plan(settings, schema::Topic::dead_letters).configs.at("cleanup.policy") ==
        "delete");
}
