// What is decided about a hanging transaction without a broker.
#include "gateway/kafka/hanging.hpp"

#include "gateway/kafka/position.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

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
    for (auto at = after + 1; at <= last_ && at <= after + records_max; ++at) {
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
  return found;
}

}  // namespace

TEST_CASE("Publishing goes on before the first record that hangs, through all its transaction") {
  Source source(30);
  auto known = source.position_at(10);
  known.settled = kafka::Settled{5, {7, 8}, {9}};
  const auto position =
      kafka::position_after(hanging({12, 14}, source.position_at(15)), known, source);
  CHECK(position.sequence == 10);
  CHECK(position.id == "id 10");
  CHECK(position.patch_until == 15);
  CHECK(position.settled == known.settled);
}

TEST_CASE("What hangs behind a position that readers see puts it back") {
  Source source(30);
  auto known = source.position_at(20);
  known.settled = kafka::Settled{18, {7, 8}, {9}};
  const auto position = kafka::position_after(hanging({12, 14}), known, source);
  CHECK(position.sequence == 11);
  CHECK(position.patch_until == 20);
  CHECK(position.settled == kafka::Settled{11});  // what hangs had not been settled: read it all
}

TEST_CASE("A patch that was not looked through to its end is kept, and only grows") {
  Source source(30);
  auto known = source.position_at(11);
  known.patch_until = 25;
  const auto position = kafka::position_after(hanging({13}), known, source);
  CHECK(position.sequence == 11);
  CHECK(position.patch_until == 25);
}

TEST_CASE("Without a position on Kafka the patch begins at the source's first record") {
  Source source(30);
  const auto position =
      kafka::position_after(hanging({1, 2}, source.position_at(2)), std::nullopt, source);
  CHECK(position.sequence == 0);
  CHECK(position.patch_until == 2);
}

TEST_CASE(
    "A position with a patch survives its document and is gone on from, whatever the policy") {
  Source source(30);
  auto position = source.position_at(7);
  position.patch_until = 12;
  position.settled = kafka::Settled{3, {0, 41, 7}, {}};
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

TEST_CASE("What is settled counts only when every place of it can be read") {
  const auto settled_in = [](const std::string& settled) {
    const auto position = kafka::position_in(
        R"({"schema":"qnzs.journal-position/1","sequence":7,"settled":)" + settled + "}");
    REQUIRE(position);
    return position->settled;
  };
  CHECK(settled_in(R"({"sequence":5,"messages":[1,2],"dead_letters":[3]})") ==
        kafka::Settled{5, {1, 2}, {3}});
  for (const auto* bad : {"7", R"({"sequence":-5,"messages":[],"dead_letters":[]})",
                          R"({"sequence":5,"messages":[1,-2],"dead_letters":[3]})",
                          R"({"sequence":5,"messages":[1,"2"],"dead_letters":[3]})",
                          R"({"sequence":5,"messages":[1]})"})
    CHECK_FALSE(settled_in(bad));
}

TEST_CASE("The first record that readers do not see is found, gaps and lost bodies passed over") {
  Source source(30, {14, 15});
  const auto first = [&](const std::set<std::uint64_t>& seen, std::uint64_t until) {
    return kafka::first_unseen(seen, source, 10, until).value();
  };
  CHECK(first({11, 12, 13}, 13) == std::nullopt);
  CHECK(first({11, 13}, 13) == 12);
  CHECK(first({}, 13) == 11);
  CHECK(first({11, 12, 13, 16}, 16) == std::nullopt);
  CHECK(first({11, 12, 13}, 16) == 16);
  CHECK(first({11, 12, 13}, 15) == std::nullopt);
  CHECK(first({11, 12, 13, 16}, 10) == std::nullopt);
  std::set<std::uint64_t> gone;
  for (std::uint64_t sequence = 11; sequence < 4000; ++sequence) gone.insert(sequence);
  Source damaged(5000, gone);
  CHECK(kafka::first_unseen({}, damaged, 10, 5000).value() == 4000);
  CHECK(kafka::first_unseen({}, damaged, 10, 3999).value() == std::nullopt);
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
