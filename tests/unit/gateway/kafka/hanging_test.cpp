// What is decided about a hanging transaction without a broker.
#include "gateway/kafka/hanging.hpp"

#include "gateway/kafka/position.hpp"

#include <doctest/doctest.h>

#include <map>

namespace kafka = qnzs::kafka;
namespace schema = qnzs::schema;

namespace {

// Holds the records 1 to `last`, those in `gone` without a body.
class Source : public kafka::RecordSource {
 public:
  explicit Source(std::uint64_t last, std::set<std::uint64_t> gone = {})
      : last_(last), gone_(std::move(gone)) {}

  std::string_view id() const override { return "source"; }
  schema::Result<std::vector<kafka::SequencedRecord>> read(std::uint64_t after,
                                                           std::size_t records_max,
                                                           std::size_t) override {
    std::vector<kafka::SequencedRecord> records;
    for (auto at = after + 1; at <= last_ && records.size() < records_max; ++at) {
      if (!gone_.contains(at)) records.push_back({at, {}});
    }
    return records;
  }
  bool wait(std::uint64_t, std::chrono::milliseconds) override { return false; }
  void wake() override {}
  std::uint64_t published() const override { return last_; }
  std::uint64_t last() const override { return last_; }
  kafka::Position position_at(std::uint64_t sequence) override {
    return {sequence, "ours", sequence > last_ ? "" : "id " + std::to_string(sequence)};
  }
  void hold(std::uint64_t) override {}
  void mark_published(std::uint64_t) override {}
  schema::Result<void> set_aside(std::uint64_t, std::string_view) override { return {}; }

 private:
  std::uint64_t last_;
  std::set<std::uint64_t> gone_;
};

kafka::Hanging hanging(std::vector<std::uint64_t> sequences,
                       std::optional<kafka::Position> position = {}) {
  kafka::Hanging found;
  if (!sequences.empty()) found.partitions.push_back({"messages", 0, 10});
  found.sequences = std::move(sequences);
  found.position = std::move(position);
  found.since_ms = 100'000;
  return found;
}

}  // namespace

TEST_CASE("Publishing goes on before the first record that hangs, through all its transaction") {
  Source source(30);
  const auto position = kafka::position_after(hanging({12, 14}, source.position_at(15)),
                                              source.position_at(10), source, 60'000);
  CHECK(position.sequence == 10);
  CHECK(position.id == "id 10");
  CHECK(position.patch == kafka::Position::Patch{15, 40'000});
}

TEST_CASE("What hangs behind a position that readers see puts it back") {
  Source source(30);
  const auto position =
      kafka::position_after(hanging({12, 14}), source.position_at(20), source, 60'000);
  CHECK(position.sequence == 11);
  CHECK(position.patch == kafka::Position::Patch{20, 40'000});
}

TEST_CASE("A patch that was not looked through to its end is kept, and only grows") {
  Source source(30);
  auto known = source.position_at(11);
  known.patch = {25, 10'000};
  const auto position = kafka::position_after(hanging({13}), known, source, 60'000);
  CHECK(position.sequence == 11);
  CHECK(position.patch == kafka::Position::Patch{25, 10'000});
}

TEST_CASE("Without a position on Kafka the patch begins at the source's first record") {
  Source source(30);
  const auto position =
      kafka::position_after(hanging({1, 2}, source.position_at(2)), std::nullopt, source, 200'000);
  CHECK(position.sequence == 0);
  CHECK(position.patch == kafka::Position::Patch{2, 0});
}

TEST_CASE(
    "A position with a patch survives its document and is gone on from, whatever the policy") {
  Source source(30);
  auto position = source.position_at(7);
  position.patch = {12, 5'000};
  CHECK(kafka::position_in(kafka::position_document(position)) == position);
  for (const auto* policy : {"republish", "resume", "wait"}) {
    const auto start = kafka::start_point(position, source.position_at(7), 20, 30, policy);
    CHECK(start.match == kafka::StartPoint::Match::fits);
    CHECK(start.after == 7);
  }
  auto foreign = position;
  foreign.opening = "theirs";
  CHECK(kafka::start_point(foreign, source.position_at(7), 20, 30, "republish").match ==
        kafka::StartPoint::Match::foreign);
}

TEST_CASE("Only what the source can publish again may be aborted") {
  Source source(30, {14});
  CHECK(kafka::can_publish_again(hanging({12, 13}), source));
  CHECK(kafka::can_publish_again(hanging({}, source.position_at(15)), source));
  CHECK_FALSE(kafka::can_publish_again(hanging({12, 14, 15}), source));  // the body is gone
  CHECK_FALSE(kafka::can_publish_again(hanging({31}), source));
  CHECK_FALSE(kafka::can_publish_again(hanging({12}, kafka::Position{15, "theirs", "id of theirs"}),
                                       source));
}
