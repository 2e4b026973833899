#include "gateway/ingest/journal_salvage.hpp"
#include "gateway/kafka/position.hpp"
#include "gateway/store/database.hpp"
#include "gateway/store/file.hpp"
#include "gateway/store/log_frames.hpp"
#include "tests/unit/gateway/ingest/journal_support.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>

// A file with a flipped bit or cut off: said, set aside, the rest saved; nothing is silently gone,
// nothing comes twice, nothing comes out changed.
namespace qnzs::ingest {
namespace {

using namespace test;  // NOLINT

constexpr std::uint64_t messages = 300;
constexpr std::uint64_t published = 120;  // on Kafka
constexpr std::uint64_t marked = 110;     // of these as the journal knows

std::string text_of(std::uint64_t number) {
  return "message " + std::to_string(number) + std::string(number * 31 % 900, '.');
}

void write(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

struct Files {
  std::string database, log;
  std::optional<kafka::Position> on_kafka;
};

// A journal as a killed gateway leaves it: one part in the file, another in the log, and either
// something or nothing of it on Kafka.
Files left_behind(bool is_any_published) {
  const Folder folder;
  // Its first key was dropped from the configuration in good order, and stands in the table still.
  open_journal(settings(folder.file()), std::vector{seal_key("k0", '0')}, "test");
  JournalOptions options;
  options.checkpoint_pages = 200;
  options.tick = std::chrono::milliseconds(5);
  const auto journal = open(settings(folder.file()), std::move(options));
  for (std::uint64_t number = 1; number <= messages; ++number)
    REQUIRE(append(*journal, {message(number, text_of(number)), cursor("c", "value")}));
  std::optional<kafka::Position> on_kafka;
  if (is_any_published) {
    on_kafka = journal->records().position_at(published);
    journal->records().mark_published(marked);
  }
  REQUIRE(append(*journal, {message(1)})->at(0).is_repeat);
  return {store::bytes_of_file(folder.file()), store::bytes_of_file(folder.file() + "-wal"),
          on_kafka};
}

// Where the log's last transaction begins: damage in it cannot be told from a power cut.
std::size_t before_last_transaction(const std::string& bytes) {
  const auto log = store::read_log(bytes);
  std::size_t commits[2] = {0, 0};
  for (std::size_t i = 0; i < log->frames.size() && log->frames[i].is_whole; ++i) {
    if (log->frames[i].pages_after == 0) continue;
    commits[0] = std::exchange(commits[1], i + 1);
  }
  return 32 + commits[0] * (24 + log->page_bytes);
}

// Kafka, and what a reader has seen there.
struct Kafka {
  explicit Kafka(const Files& files)
      : position(files.on_kafka), before(position ? position->sequence : 0) {
    for (std::uint64_t number = 1; number <= before; ++number) seen.insert(number);
  }
  std::optional<kafka::Position> position;
  std::uint64_t before;  // everything up to here was there before the damage
  std::set<std::uint64_t> seen, damaged;
  std::uint64_t twice = 0;
};

// Where the publisher goes on. Twice comes only what a position that the journal does not recognise
// forbids to pass over.
std::uint64_t start(kafka::RecordSource& source, const Kafka& kafka) {
  const auto at = kafka.position ? kafka.position->sequence : 0;
  const auto start = kafka::start_point(kafka.position, source.position_at(at), source.published(),
                                        source.last(), "republish");
  REQUIRE(start.after);
  if (start.match == kafka::StartPoint::Match::fits) CHECK(*start.after == at);
  if (*start.after > source.published()) source.mark_published(*start.after);
  return *start.after;
}

// Publishes as the publisher does, and judges each message. False when the journal cannot be read.
bool publish(Journal& journal, Kafka& kafka) {
  auto& source = journal.records();
  for (auto after = start(source, kafka); after < source.last();) {
    const auto batch = source.read(after, 64, 1 << 20);
    if (!batch) {
      CAPTURE(batch.error().reason);
      CHECK(journal.status().condition == JournalCondition::failed);
      CHECK(journal.status().explanation.contains("salvage"));
      return false;
    }
    if (batch->empty()) break;  // all that is left is set aside
    for (const auto& item : *batch) {
      CHECK(item.sequence > after);
      after = item.sequence;
      if (item.record.topic == schema::Topic::dead_letters) {
        kafka.damaged.insert(item.sequence);
        continue;
      }
      const auto number = std::stoull(item.record.event.id);
      CHECK(item.sequence == number);
      CHECK(item.record.value == text_of(number));
      kafka.twice += kafka.seen.insert(number).second ? 0 : 1;
    }
    kafka.position = source.position_at(after);
    source.mark_published(after);
  }
  return true;
}

// What came of one damage.
struct Outcome {
  bool was_refused = false;
  std::uint64_t published = 0, lost = 0, aside = 0, twice = 0;
};

// Opens what is left and publishes it; after a salvage when the gateway refuses it or gives up.
Outcome survive(const std::string& path, const Files& files) {
  const std::vector keys{seal_key("k1", '1')};
  Outcome outcome;
  Kafka kafka(files);
  for (bool is_over = false; !is_over;) {
    try {
      const auto journal = open(settings(path));
      is_over = publish(*journal, kafka);
    } catch (const std::runtime_error& error) {
      CAPTURE(std::string(error.what()));
      CHECK(std::string_view(error.what()).contains("salvage"));
    }
    if (is_over) break;
    REQUIRE_FALSE(outcome.was_refused);  // once salvaged it is whole
    outcome.was_refused = true;
    const auto salvaged = salvage_journal(path, keys, "test");
    if (!salvaged) {  // said, and the file stays as it is
      outcome.lost = messages - kafka.before;
      return outcome;
    }
    CHECK(store::file_bytes(salvaged->damaged_file) > 0);
    for (const auto& [first, last] : salvaged->lost) {
      for (auto number = first; number <= last; ++number)
        outcome.lost += kafka.seen.contains(number) ? 0 : 1;
    }
  }
  outcome.published = kafka.seen.size() - kafka.before;
  outcome.aside = static_cast<std::uint64_t>(std::ranges::count_if(
      kafka.damaged, [&](std::uint64_t number) { return number > messages; }));
  outcome.twice = kafka.twice;
  CHECK(outcome.published + outcome.aside + outcome.lost == messages - kafka.before);
  CHECK(outcome.twice <= published - marked);
  return outcome;
}

TEST_CASE("an undamaged journal is published whole, and salvaging it changes nothing") {
  const auto files = left_behind(true);
  const Folder folder;
  write(folder.file(), files.database);
  write(folder.file() + "-wal", files.log);
  const auto salvaged = salvage_journal(folder.file(), std::vector{seal_key("k1", '1')}, "test");
  REQUIRE(salvaged);
  CHECK(salvaged->entries == messages);
  CHECK(salvaged->queued == messages - marked);
  CHECK(salvaged->unreadable == 0);
  CHECK(salvaged->states == 1);
  CHECK(salvaged->lost.empty());
  const auto outcome = survive(folder.file(), files);
  CHECK_FALSE(outcome.was_refused);
  CHECK(outcome.published == messages - published);
  CHECK(outcome.twice == 0);
}

TEST_CASE("a flipped bit anywhere is said, and everything that it did not hit is published") {
  const auto* given = std::getenv("QNZS_SEED");
  const auto first =
      given == nullptr ? std::random_device{}() : static_cast<std::uint32_t>(std::atoll(given));
  MESSAGE("seeds from QNZS_SEED=" << first);
  const std::array left{left_behind(true), left_behind(false)};
  Outcome all;
  std::size_t refused = 0, without_anything = 0;
  for (std::uint32_t seed = first; seed < first + 200; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    auto damaged = left.at(seed / 2 % 2);
    auto& bytes = seed % 2 == 0 ? damaged.database : damaged.log;
    const auto size = seed % 2 == 0 ? bytes.size() : before_last_transaction(bytes);
    const auto at = std::uniform_int_distribution<std::size_t>(0, size - 1)(random);
    const auto bit = std::uniform_int_distribution<int>(0, 7)(random);
    CAPTURE(at);
    bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ (1U << bit));
    const Folder folder;
    write(folder.file(), damaged.database);
    write(folder.file() + "-wal", damaged.log);
    const auto outcome = survive(folder.file(), damaged);
    refused += outcome.was_refused ? 1 : 0;
    without_anything += outcome.published == 0 ? 1 : 0;
    all.aside += outcome.aside;
    all.lost += outcome.lost;
    all.twice += outcome.twice;
  }
  MESSAGE("200 damages: " << refused << " refused and salvaged, " << without_anything
                          << " of them in vain; " << all.aside << " messages set aside, "
                          << all.lost << " lost and named, " << all.twice << " twice");
  CHECK(refused > 0);
  CHECK(all.aside > 0);
  CHECK(without_anything < 10);
}

void change(const std::string& path, const std::string& sql) {
  const auto file = store::Database::open({.path = path, .vfs = {}});
  REQUIRE(file);
  (*file)->execute(sql);
  REQUIRE_FALSE((*file)->has_failed());
}

TEST_CASE("a body under a number far away hides nothing behind it: said, and the rest published") {
  const Folder folder;
  for (std::uint64_t number = 1; number <= messages; number += 50) {
    const auto journal = open(settings(folder.file()));
    for (auto one = number; one < number + 50; ++one)
      REQUIRE(append(*journal, {message(one, text_of(one))}));
  }
  const auto body = store::Database::open({.path = folder.file(), .vfs = {}})
                        .value()
                        ->text("SELECT body FROM bodies WHERE sequence = 174");
  auto bytes = store::bytes_of_file(folder.file());
  const auto at = bytes.find(body);
  REQUIRE(at != std::string::npos);
  const auto number = bytes.rfind("\x81\x2e", at);  // 174, as SQLite writes it before the row
  REQUIRE(at - number < 12);
  bytes[number + 1] = static_cast<char>(0xae);  // one bit: the number goes on
  write(folder.file(), bytes);
  const auto outcome = survive(folder.file(), {.database = {}, .log = {}, .on_kafka = {}});
  CHECK(outcome.was_refused);
  CHECK(outcome.published >= messages - 2);  // a search for its neighbour may end at it
  CHECK(outcome.aside >= 1);
}

TEST_CASE("a file that loses what is written to it ends the journal, not the disk's space") {
  const Folder folder;
  const auto journal = open(settings(folder.file()));
  REQUIRE(append(*journal, {message(1)}));
  change(
      folder.file(),
      "DELETE FROM bodies; CREATE TRIGGER t AFTER INSERT ON bodies BEGIN DELETE FROM bodies; END");
  CHECK_FALSE(journal->records().read(0, 10, 1 << 20));
  CHECK(journal->status().condition == JournalCondition::failed);
  CHECK(journal->status().explanation.contains("salvage"));
  CHECK(journal->records().last() == 2);  // one letter, and no letter about the letter
}

TEST_CASE("a body that stands where the next one is to go is damage, not a trouble that passes") {
  const Folder folder;
  for (std::uint64_t number = 1; number <= 3; ++number)
    REQUIRE(append(*open(settings(folder.file())), {message(number)}));
  change(folder.file(), "UPDATE bodies SET sequence = 4 WHERE sequence = 2");
  {
    const auto journal = open(settings(folder.file()));
    CHECK_FALSE(append(*journal, {message(4)}));
    CHECK(journal->status().condition == JournalCondition::failed);
    CHECK(journal->status().explanation.contains("salvage"));
  }
  const auto salvaged = salvage_journal(folder.file(), std::vector{seal_key("k1", '1')}, "test");
  REQUIRE(salvaged);
  CHECK(salvaged->queued == 2);
  CHECK(salvaged->unreadable == 1);
  CHECK(append(*open(settings(folder.file())), {message(4)})->front().sequence == 4);
}

TEST_CASE("a file that was cut off is refused, and what is left of it is saved") {
  const auto files = left_behind(true);
  for (const auto part : {0.9, 0.7, 0.5}) {
    CAPTURE(part);
    const Folder folder;
    const auto size = static_cast<double>(files.database.size()) * part;
    write(folder.file(), files.database.substr(0, static_cast<std::size_t>(size) / 4096 * 4096));
    write(folder.file() + "-wal", files.log);
    const auto outcome = survive(folder.file(), files);
    CHECK(outcome.was_refused);
    CHECK(outcome.published > 0);
  }
}

}  // namespace
}  // namespace qnzs::ingest
