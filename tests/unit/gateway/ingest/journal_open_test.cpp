#include "schema/ids.hpp"
#include "tests/unit/gateway/ingest/faulty_vfs.hpp"
#include "tests/unit/gateway/ingest/journal_support.hpp"

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <fstream>
#include <stdexcept>
#include <string>
#include <unistd.h>

namespace qnzs::ingest {
namespace {

using namespace test;  // NOLINT

// What opening says; "" when it works.
std::string trouble(const std::string& path,
                    std::vector<config::SealKeySettings> keys = {seal_key("k1", '1')},
                    const std::string& journal_id = "test", JournalOptions options = {}) {
  try {
    open_journal(settings(path), keys, journal_id, std::move(options));
    return "";
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

bool says(const std::string& text, std::string_view word) {
  return text.find(word) != std::string::npos;
}

void change(const std::string& path, const char* sql) {
  sqlite3* handle = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &handle) == SQLITE_OK);
  CHECK(sqlite3_exec(handle, sql, nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(handle);
}

void write(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

TEST_CASE("a second gateway on the same journal is refused and the holder named") {
  const Folder folder;
  const auto journal = open(settings(folder.file()));
  const auto what = trouble(folder.file());
  CHECK(says(what, "另一个进程"));
  CHECK(says(what, std::to_string(::getpid())));
  journal->stop();
}

TEST_CASE("a file of a newer version is refused and left alone") {
  const Folder folder;
  CHECK(trouble(folder.file()).empty());
  change(folder.file(), "PRAGMA user_version=99");
  CHECK(says(trouble(folder.file()), "更新版本"));
}

TEST_CASE("a database of somebody else's is refused") {
  const Folder folder;
  change(folder.file(), "CREATE TABLE theirs(x)");
  CHECK(says(trouble(folder.file()), "别的程序"));
}

TEST_CASE("what is no database is refused and kept byte for byte") {
  const Folder folder;
  const std::string bytes(8192, 'x');
  write(folder.file(), bytes);
  CHECK(says(trouble(folder.file()), "损坏"));
  std::ifstream file(folder.file(), std::ios::binary);
  CHECK(std::string(std::istreambuf_iterator<char>(file), {}) == bytes);
}

TEST_CASE("a file that may not be written is a start-up error") {
  const Folder folder;
  CHECK(trouble(folder.file()).empty());
  faulty_vfs().opens_read_only = true;
  JournalOptions options;
  options.vfs = FaultyVfs::name;
  CHECK(says(trouble(folder.file(), {seal_key("k1", '1')}, "test", std::move(options)), "不可写"));
  faulty_vfs();
}

TEST_CASE("another journal_id is refused: it would publish everything again") {
  const Folder folder;
  CHECK(trouble(folder.file()).empty());
  CHECK(says(trouble(folder.file(), {seal_key("k1", '1')}, "other"), "journal_id"));
}

TEST_CASE("seal keys: malformed, missing, doubled or exchanged ones are refused by name") {
  const Folder folder;
  CHECK(says(trouble(folder.file(), {}), "seal_keys"));
  CHECK(says(trouble(folder.file(), {{"k1", config::Secret("abc")}}), "64"));
  CHECK(says(trouble(folder.file(), {seal_key("k1", '1'), seal_key("k1", '2')}), "两次"));
  CHECK(trouble(folder.file()).empty());
  CHECK(says(trouble(folder.file(), {seal_key("k1", '2')}), "不是同一把"));
}

TEST_CASE(
    "after a rotation the new key seals, old bodies open, and the old key is needed while they "
    "wait") {
  const Folder folder;
  const auto old_key = seal_key("k1", '1');
  const auto new_key = seal_key("k2", '2');
  REQUIRE(append(*open(settings(folder.file())), {message(1, "旧"), cursor("c", "旧")}));
  CHECK(says(trouble(folder.file(), {new_key}), "k1"));
  {
    const auto journal =
        open_journal(settings(folder.file()), std::vector{new_key, old_key}, "test");
    REQUIRE(append(*journal, {message(2, "新")}));
    const auto records = journal->records().read(0, 10, 1 << 20);
    REQUIRE(records);
    CHECK((*records)[0].record.value == "旧");
    CHECK((*records)[1].record.value == "新");
    CHECK(journal->state("c") == "旧");
    journal->records().mark_published(1);
  }
  CHECK(trouble(folder.file(), {new_key}).empty());
}

TEST_CASE("a sequence is told apart from the same one in a restored copy and in a new journal") {
  const Folder folder;
  const auto put = [&](std::uint64_t number) {
    const auto journal = open(settings(folder.file()));
    const auto sequence = append(*journal, {message(number)})->at(0).sequence;
    return journal->records().position_at(sequence);
  };
  const auto first = put(1);
  CHECK(first.sequence == 1);
  CHECK(first.id == schema::MessageId(id_of(1)).hex());
  std::filesystem::copy_file(folder.file(), folder.file("backup.db"));
  const auto second = put(2);
  CHECK(second.opening != first.opening);
  {
    const auto journal = open(settings(folder.file()));
    CHECK(journal->records().position_at(1) == first);
    CHECK(journal->records().position_at(2) == second);
  }
  std::filesystem::copy_file(folder.file("backup.db"), folder.file(),
                             std::filesystem::copy_options::overwrite_existing);
  const auto again = put(2);  // the very same record at the very same place
  CHECK(again.id == second.id);
  CHECK(again.opening != second.opening);
  CHECK(open(settings(folder.file()))->records().position_at(1) == first);
}

TEST_CASE("what an older version stored belongs to the first opening") {
  const Folder folder;
  REQUIRE(append(*open(settings(folder.file())), {message(1)}));
  change(folder.file(), "DROP TABLE openings; DROP TABLE published_marks; PRAGMA user_version=1");
  const auto journal = open(settings(folder.file()));
  CHECK_FALSE(journal->records().position_at(1).opening.empty());
  CHECK(journal->records().position_at(1).opening == journal->records().position_at(2).opening);
}

TEST_CASE("a cursor needs its key until the journal was opened with the old and the new one") {
  const Folder folder;
  const auto old_key = seal_key("k1", '1');
  const auto new_key = seal_key("k2", '2');
  REQUIRE(append(*open(settings(folder.file())), {cursor("c", "since=1")}));
  CHECK(says(trouble(folder.file(), {new_key}), "k1"));
  CHECK(trouble(folder.file(), {new_key, old_key}).empty());
  CHECK(trouble(folder.file(), {new_key}).empty());
  const auto journal = open_journal(settings(folder.file()), std::vector{new_key}, "test");
  CHECK(journal->state("c") == "since=1");
}

TEST_CASE("a cursor that is damaged stops a rotation with its name") {
  const Folder folder;
  REQUIRE(append(*open(settings(folder.file())), {cursor("c", "since=1")}));
  change(folder.file(), "UPDATE states SET value = zeroblob(40)");
  CHECK(says(trouble(folder.file(), {seal_key("k2", '2'), seal_key("k1", '1')}), "状态 c"));
}

TEST_CASE("the folder is made, and file and lock are for their owner only") {
  const Folder folder;
  const auto path = folder.file("new/folder/journal.db");
  CHECK(trouble(path).empty());
  for (const auto* suffix : {"", ".lock"}) {
    const auto rights = std::filesystem::status(path + suffix).permissions();
    CHECK((rights & (std::filesystem::perms::group_all | std::filesystem::perms::others_all)) ==
          std::filesystem::perms::none);
  }
}

}  // namespace
}  // namespace qnzs::ingest
