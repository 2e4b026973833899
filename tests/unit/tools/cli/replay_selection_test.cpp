#include "tools/cli/replay_selection.hpp"

#include "schema/codec.hpp"
#include "tests/support/test_message.hpp"

#include <doctest/doctest.h>

namespace qnzs::cli {
namespace {

constexpr const char* replayed_at = "2026-11-25T08:00:00.000+08:00";

schema::Message message(std::uint8_t number, schema::Action action = schema::Action::create,
                        std::optional<std::uint8_t> target = {}) {
  schema::Message message;
  message.id = schema::MessageId({number});
  message.action = action;
  if (target) message.target = schema::MessageId({*target});
  message.channel = schema::ChannelName("wechat");
  message.account = schema::AccountName("henan");
  message.received_at = *schema::parse_rfc3339("2026-11-24T12:00:00.000+08:00");
  return message;
}

kafka::ConsumedRecord record_of(const schema::Message& message) {
  const auto event = schema::cloud_event(message);
  kafka::ConsumedRecord record;
  record.key = event.partitionkey;
  record.value = schema::encode(message);
  record.headers = schema::headers(event, 42);
  return record;
}

Fate fate(const kafka::ConsumedRecord& record, const ReplayFilter& filter = {},
          const KnownIds& known = {}) {
  return judge_message(record, filter, known, replayed_at).fate;
}

// Reads a message out of any dead letter.
class UnderstandingPoll final : public adapters::Poll {
 public:
  std::unique_ptr<adapters::PollPass> begin(std::string_view) const override { return nullptr; }
  std::chrono::milliseconds interval() const override { return {}; }
  schema::Result<std::vector<schema::Message>> read_again(
      std::string_view payload, const schema::Timestamp& received_at) const override {
    auto made = test::message(std::string(payload));
    made.received_at = received_at;
    return std::vector{std::move(made)};
  }
};

schema::Instant time(const char* text) {
  return schema::parse_rfc3339(text)->at;
}

}  // namespace

TEST_CASE("A replayed message is the same record with two headers more") {
  const auto record = record_of(message(1));
  const auto judged = judge_message(record, {}, {}, replayed_at);
  REQUIRE(judged.records.size() == 1);
  const auto& again = judged.records.front();
  CHECK(again.key == record.key);
  CHECK(again.value == record.value);
  auto headers = schema::headers(again.event, 7);
  CHECK(std::erase(headers, std::pair<std::string, std::string>("ce_replayed", replayed_at)) == 1);
  CHECK(std::erase(headers, std::pair<std::string, std::string>("ce_replayedfrom", "messages")) ==
        1);
  CHECK(headers == record.headers);
}

TEST_CASE("A replay is not replayed, nor what no gateway of ours has written") {
  auto record = record_of(message(1));
  record.headers.emplace_back("ce_replayed", replayed_at);
  record.headers.emplace_back("ce_replayedfrom", "messages");
  CHECK(fate(record) == Fate::replay);
  record.headers.clear();
  CHECK(fate(record) == Fate::unreadable);
}

TEST_CASE(
    "What a dead letter has become is replayed like any message, for it may be the only one") {
  auto record = record_of(message(1));
  record.headers.emplace_back("ce_replayed", "2026-11-24T08:00:00.000+08:00");
  record.headers.emplace_back("ce_replayedfrom", "dead-letters");
  const auto judged = judge_message(record, {}, {}, replayed_at);
  REQUIRE(judged.records.size() == 1);
  CHECK(judged.records.front().event.replayed == replayed_at);
  CHECK(judged.records.front().event.replayed_from == "messages");
  CHECK(judged.records.front().event.first_sequence == 42);
}

TEST_CASE("Only what was asked for is replayed: time, channel and account") {
  const auto record = record_of(message(1));
  CHECK(fate(record, {.channel = "wechat", .account = "henan"}) == Fate::replayed);
  CHECK(fate(record, {.channel = "wei"}) == Fate::passed_over);
  CHECK(fate(record, {.account = "nan"}) == Fate::passed_over);
  const auto noon = time("2026-11-24T12:00:00+08:00");
  ReplayFilter range;
  range.from = noon;
  range.before = noon + std::chrono::milliseconds(1);
  CHECK(fate(record, range) == Fate::replayed);
  range.before = noon;
  CHECK(fate(record, range) == Fate::passed_over);
  range = {};
  range.from = noon + std::chrono::milliseconds(1);
  CHECK(fate(record, range) == Fate::passed_over);
}

TEST_CASE(
    "What must be forgotten does not come back, its corrections neither, the order itself does") {
  const KnownIds known{.erased = {schema::MessageId({1}).hex()}, .present = {}};
  CHECK(fate(record_of(message(1)), {}, known) == Fate::erased);
  CHECK(fate(record_of(message(2, schema::Action::update, 1)), {}, known) == Fate::erased);
  CHECK(fate(record_of(message(3, schema::Action::erase, 1)), {}, known) == Fate::replayed);
  CHECK(fate(record_of(message(4)), {}, known) == Fate::replayed);
}

TEST_CASE("A dead letter of an unknown account, a cut one and a stranger are told apart") {
  const schema::Identity identity(std::string(32, 'k'));
  const std::vector<ingest::Route> none;
  const std::vector<ingest::PollRoute> no_polls;
  const Readers readers{none, no_polls, identity, 1000};
  schema::DeadLetter letter;
  letter.channel = schema::ChannelName("wechat");
  letter.account = schema::AccountName("henan");
  letter.reason = "unopenable";
  letter.payload = "abc";
  letter.payload_bytes = 3;
  const auto judge = [&](const schema::DeadLetter& one, const ReplayFilter& filter = {}) {
    kafka::ConsumedRecord record;
    record.value = schema::encode(one);
    record.headers = schema::headers(schema::cloud_event(one), 42);
    return judge_dead_letter(record, filter, {}, replayed_at, readers).fate;
  };
  CHECK(judge(letter) == Fate::no_account);
  CHECK(judge(letter, {.reason = "xml_malformed"}) == Fate::passed_over);
  letter.payload_bytes = 4;
  CHECK(judge(letter) == Fate::truncated);
  CHECK(judge_dead_letter({}, {}, {}, replayed_at, readers).fate == Fate::unreadable);
}

TEST_CASE("A dead letter of an account that we ask is read again by it") {
  const std::vector<ingest::Route> none;
  std::vector<ingest::PollRoute> polls(1);
  polls[0].channel = "test";
  polls[0].account = "a";
  polls[0].site = test::site();
  polls[0].poll = std::make_unique<UnderstandingPoll>();
  schema::DeadLetter letter;
  letter.channel = schema::ChannelName("test");
  letter.account = schema::AccountName("a");
  letter.received_at = *schema::parse_rfc3339("2026-11-24T12:00:00.000+08:00");
  letter.payload = "你好";
  letter.payload_bytes = static_cast<std::int64_t>(letter.payload.size());
  kafka::ConsumedRecord record;
  record.value = schema::encode(letter);
  record.headers = schema::headers(schema::cloud_event(letter), 42);
  const Readers readers{none, polls, test::identity(), 1000};
  const auto judged = judge_dead_letter(record, {}, {}, replayed_at, readers);
  REQUIRE(judged.fate == Fate::replayed);
  CHECK(judged.records.front().event.id == test::message("你好").id.hex());
  CHECK(judged.records.front().event.replayed_from == "dead-letters");
  const KnownIds known{.erased = {}, .present = {test::message("你好").id.hex()}};
  CHECK(judge_dead_letter(record, {}, known, replayed_at, readers).fate == Fate::present);
}

}  // namespace qnzs::cli
