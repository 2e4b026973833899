// What a salvaged journal still knows of its place: nothing answered is passed over, and what Kafka
// has is not published again.
#include "gateway/ingest/journal_salvage.hpp"

#include "gateway/kafka/position.hpp"
#include "gateway/store/database.hpp"
#include "gateway/store/file.hpp"
#include "gateway/store/log_frames.hpp"
#include "tests/unit/gateway/ingest/journal_support.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace qnzs::ingest {
namespace {

using namespace test;  // NOLINT
using Match = kafka::StartPoint::Match;

constexpr std::uint64_t messages = 20;
constexpr std::uint64_t published = 12;

// Closed in order, with three openings, of which the second has the entry at Kafka's position.
kafka::Position fill(const std::string& path, std::uint64_t marked = published) {
  append(*open(settings(path)), {message(1), message(2)});
  kafka::Position on_kafka;
  {
    const auto journal = open(settings(path));
    for (std::uint64_t number = 3; number <= 15; ++number) append(*journal, {message(number)});
    on_kafka = journal->records().position_at(published);
    journal->records().mark_published(marked);
  }
  const auto journal = open(settings(path));
  for (std::uint64_t number = 16; number <= messages; ++number) append(*journal, {message(number)});
  return on_kafka;
}

void change(const std::string& path, const std::string& sql) {
  const auto database =
      store::Database::open({.path = path, .mode = store::Database::Mode::read_write, .vfs = {}});
  REQUIRE(database);
  (*database)->execute(sql);
  REQUIRE_FALSE((*database)->has_failed());
}

std::string text(const std::string& path, std::string_view sql) {
  const auto database =
      store::Database::open({.path = path, .mode = store::Database::Mode::read_only, .vfs = {}});
  REQUIRE(database);
  return (*database)->text(sql);
}

Salvaged salvage(const std::string& path) {
  auto salvaged = salvage_journal(path, std::vector{seal_key("k1", '1')}, "test");
  REQUIRE(salvaged);
  return *std::move(salvaged);
}

kafka::StartPoint start(Journal& journal, const std::optional<kafka::Position>& on_kafka) {
  auto& source = journal.records();
  return kafka::start_point(on_kafka, source.position_at(on_kafka ? on_kafka->sequence : 0),
                            source.published(), source.last(), "republish");
}

std::string refusal(const std::string& path) {
  try {
    open(settings(path));
    return {};
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

// Refused with the way out, salvaged, and all of it there.
void is_mended(const std::string& path) {
  CHECK(refusal(path).contains("qnzs journal salvage"));
  CHECK(salvage(path).lost.empty());
  const auto records = open(settings(path))->records().read(0, 100, 1 << 20);
  REQUIRE(records);
  CHECK(records->size() == messages);
}

TEST_CASE("a key whose id or proof is damaged is known by what it opens") {
  for (const std::string damage :
       {"UPDATE seal_keys SET id = 'k0'",
        "UPDATE seal_keys SET proof = CAST(substr(proof, 1, 20) || X'00' || substr(proof, 22) AS "
        "BLOB)"}) {
    CAPTURE(damage);
    const Folder folder;
    fill(folder.file());
    change(folder.file(), damage);
    is_mended(folder.file());
  }
}

TEST_CASE(
    "a journal whose key somebody dropped from the configuration is not salvaged without it") {
  const Folder folder;
  fill(folder.file());
  const auto before = store::bytes_of_file(folder.file());
  CHECK_FALSE(salvage_journal(folder.file(), std::vector{seal_key("k2", '2')}, "test"));
  CHECK(store::bytes_of_file(folder.file()) == before);
}

TEST_CASE("one bit of a journal_id is damage, another name is another's journal") {
  const Folder folder;
  fill(folder.file());
  change(folder.file(), "UPDATE journal SET journal_id = 'tesu'");  // t, u, w: 0x74, 0x75, 0x77
  is_mended(folder.file());
  change(folder.file(), "UPDATE journal SET journal_id = 'tesw'");
  CHECK_FALSE(salvage_journal(folder.file(), std::vector{seal_key("k1", '1')}, "test"));
}

TEST_CASE("a flipped bit of what the file's header says of itself is told with the way out") {
  const Folder folder;
  fill(folder.file());
  const auto whole = store::bytes_of_file(folder.file());
  // Where SQLite's file format has the write and read versions, the schema's format, the user's
  // version and the application's id.
  for (const auto at :
       {18UZ, 19UZ, 44UZ, 45UZ, 46UZ, 47UZ, 60UZ, 61UZ, 62UZ, 63UZ, 68UZ, 69UZ, 70UZ, 71UZ}) {
    for (int bit = 0; bit < 8; ++bit) {
      CAPTURE(at);
      CAPTURE(bit);
      auto bytes = whole;
      bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ (1U << bit));
      std::ofstream(folder.file(), std::ios::binary) << bytes;
      std::filesystem::remove(folder.file() + "-wal");
      std::filesystem::remove(folder.file() + "-shm");
      const auto why = refusal(folder.file());
      CAPTURE(why);
      CHECK((why.empty() || why.contains("qnzs journal salvage")));
    }
  }
}

TEST_CASE("a salvaged journal recognises its position on Kafka and goes on there") {
  const Folder folder;
  const auto on_kafka = fill(folder.file(), published - 5);  // killed before it marked the rest
  salvage(folder.file());
  const auto journal = open(settings(folder.file()));
  CHECK(journal->records().published() == published - 5);
  CHECK(journal->records().position_at(published) == on_kafka);
  const auto found = start(*journal, on_kafka);
  CHECK(found.match == Match::fits);
  CHECK(found.after == published);
  // What it stores from now on is told apart from what was lost with the old file.
  const auto sequence = append(*journal, {message(99)})->at(0).sequence;
  CHECK(journal->records().position_at(sequence).opening !=
        journal->records().position_at(messages).opening);
}

TEST_CASE("a position on Kafka behind what could be saved is foreign, and nothing new is passed") {
  const Folder folder;
  auto on_kafka = fill(folder.file());
  {
    const auto journal = open(settings(folder.file()));
    for (std::uint64_t number = 21; number <= 30; ++number) append(*journal, {message(number)});
    on_kafka = journal->records().position_at(30);
  }
  change(folder.file(),
         "DELETE FROM bodies WHERE sequence > 20;"
         "DELETE FROM entries WHERE sequence > 20;"
         "UPDATE journal SET last_sequence = 20, entries = 20, queued = 8");
  salvage(folder.file());
  const auto journal = open(settings(folder.file()));
  for (std::uint64_t number = 51; number <= 70; ++number) append(*journal, {message(number)});
  const auto found = start(*journal, on_kafka);
  CHECK(found.match == Match::foreign);
  CHECK(found.after == published);
}

TEST_CASE("without its openings a salvaged journal is published from what it knows itself") {
  const Folder folder;
  const auto on_kafka = fill(folder.file());
  change(folder.file(), "DELETE FROM openings");
  salvage(folder.file());
  const auto found = start(*open(settings(folder.file())), on_kafka);
  CHECK(found.match == Match::foreign);
  CHECK(found.after == published);
}

TEST_CASE("an opening that is damaged takes no other with it") {
  for (const std::string damage : {"first_sequence = first_sequence + 1024 WHERE number = 1",
                                   "name = substr(name, 2) WHERE number = 3"}) {
    CAPTURE(damage);
    const Folder folder;
    const auto on_kafka = fill(folder.file());
    change(folder.file(), "UPDATE openings SET " + damage);
    salvage(folder.file());
    CHECK(start(*open(settings(folder.file())), on_kafka).match == Match::fits);
  }
}

TEST_CASE("a published count that is damaged passes over nothing") {
  for (const std::string damage : {"position = position + 4", "published = published + 4",
                                   "queued = queued - 4", "entries = entries + 4"}) {
    CAPTURE(damage);
    const Folder folder;
    fill(folder.file());
    change(folder.file(), "UPDATE journal SET " + damage);
    const auto salvaged = salvage(folder.file());
    CHECK(salvaged.queued == messages - published);
    CHECK(open(settings(folder.file()))->records().published() == published);
  }
}

TEST_CASE("with no entry published nothing is taken for published, whatever is damaged") {
  const Folder folder;
  fill(folder.file(), 0);
  change(folder.file(), "UPDATE journal SET position = 16");
  CHECK(salvage(folder.file()).queued == messages);
  CHECK(open(settings(folder.file()))->records().published() == 0);
}

TEST_CASE("without its row a journal takes for published what its marks prove, but for the last") {
  const Folder folder;
  fill(folder.file());
  change(folder.file(),
         "DELETE FROM journal; DELETE FROM published_marks;"
         "INSERT INTO published_marks VALUES(5, 1000), (9, 2000), (16, 3000)");
  const auto salvaged = salvage(folder.file());
  CHECK(salvaged.queued == messages - 9);
  CHECK(text(folder.file(),
             "SELECT group_concat(sequence || ':' || published_at_ms) FROM "
             "published_marks") == "5:1000,9:2000");
  const auto journal = open(settings(folder.file()));
  CHECK(journal->records().published() == 9);
  CHECK(journal->status().sums.entries ==
        journal->status().sums.published + journal->status().sums.queued);
}

TEST_CASE("a journal of before there were openings is salvaged too") {
  const Folder folder;
  fill(folder.file());
  change(folder.file(), "DROP TABLE openings; DROP TABLE published_marks; PRAGMA user_version=1");
  CHECK(salvage(folder.file()).queued == messages - published);
  CHECK(open(settings(folder.file()))->records().published() == published);
}

TEST_CASE("salvaging again at once keeps each damaged file, and loses nothing") {
  const Folder folder;
  fill(folder.file());
  const auto first = salvage(folder.file());
  const auto second = salvage(folder.file());
  const auto third = salvage(folder.file());
  CHECK(third.queued == messages - published);
  const std::set names{first.damaged_file, second.damaged_file, third.damaged_file};
  CHECK(names.size() == 3);
  for (const auto& name : names) CHECK(store::file_bytes(name) > 0);
  CHECK_FALSE(std::filesystem::exists(folder.file() + ".salvage-from"));
  CHECK_FALSE(std::filesystem::exists(folder.file() + ".salvage-to"));
}

}  // namespace
}  // namespace qnzs::ingest
