#include "gateway/store/database.hpp"

#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <fstream>

namespace store = qnzs::store;
using qnzs::tests::TemporaryFolder;
using store::Database;
using store::Statement;
using store::Transaction;
using store::Trouble;

namespace {

std::unique_ptr<Database> open(const TemporaryFolder& folder,
                               Database::Mode mode = Database::Mode::read_write) {
  auto database = Database::open({.path = folder.file("t.db"),
                                  .mode = mode,
                                  .vfs = {},
                                  .wait_max = std::chrono::milliseconds(50)});
  REQUIRE(database);
  return *std::move(database);
}

Trouble trouble_of_opening(const std::string& path, Database::Mode mode) {
  const auto database = Database::open({.path = path, .mode = mode, .vfs = {}});
  if (!database) return database.error().trouble;
  (*database)->number("SELECT count(*) FROM sqlite_schema");
  const auto failure = (*database)->take_failure();
  REQUIRE(failure);
  return failure->trouble;
}

}  // namespace

TEST_CASE("values of every kind come back as they were bound") {
  const TemporaryFolder folder;
  const auto database = open(folder);
  database->execute("CREATE TABLE t(a INTEGER, b TEXT, c BLOB) STRICT");
  const std::string bytes("\0\xff", 2);
  Statement(*database, "INSERT INTO t VALUES(?, ?, ?)")
      .run(std::int64_t{-5}, std::string_view("字"), store::Blob{bytes});
  Statement(*database, "INSERT INTO t VALUES(?, ?, ?)")
      .run(std::uint64_t{7}, std::string_view(), store::Blob{});
  Statement row(*database, "SELECT a, b, c FROM t");
  REQUIRE(row.next());
  CHECK(row.integer(0) == -5);
  CHECK(row.bytes(1) == "字");
  CHECK(row.bytes(2) == bytes);
  REQUIRE(row.next());
  CHECK(row.integer(0) == 7);
  CHECK_FALSE(row.is_null(2));  // an empty blob is no NULL
  CHECK_FALSE(row.next());
  CHECK_FALSE(database->has_failed());
}

TEST_CASE(
    "after a failure nothing is done until it is taken, so that a transaction is all or none") {
  const TemporaryFolder folder;
  const auto database = open(folder);
  database->execute("CREATE TABLE t(a INTEGER PRIMARY KEY)");
  {
    Transaction transaction(*database);
    database->execute("INSERT INTO t VALUES(1)");
    database->execute("INSERT INTO t VALUES(1)");  // fails
    database->execute("INSERT INTO t VALUES(2)");
    CHECK_FALSE(transaction.commit());
    CHECK_FALSE(transaction.was_committing());
  }
  const auto failure = database->take_failure();
  REQUIRE(failure);
  CHECK(failure->trouble == Trouble::corrupt);
  CHECK(database->number("SELECT count(*) FROM t") == 0);
}

TEST_CASE("a transaction that was left open is rolled back by the next one") {
  const TemporaryFolder folder;
  const auto database = open(folder);
  database->execute("CREATE TABLE t(a); BEGIN; INSERT INTO t VALUES(1)");
  {
    Transaction transaction(*database);
    database->execute("INSERT INTO t VALUES(2)");
    CHECK(transaction.commit());
  }
  CHECK(database->number("SELECT count(*) FROM t") == 1);
  CHECK(database->number("SELECT a FROM t") == 2);
}

TEST_CASE("a lock that another connection holds is busy, and gone with it") {
  const TemporaryFolder folder;
  const auto one = open(folder);
  one->use_durable_log();
  one->execute("CREATE TABLE t(a)");
  const auto other = open(folder);
  {
    const Transaction held(*one);
    CHECK_FALSE(Transaction(*other).commit());
    CHECK(other->take_failure()->trouble == Trouble::busy);
  }
  CHECK(Transaction(*other).commit());
}

TEST_CASE("what cannot be opened says why") {
  const TemporaryFolder folder;
  const auto reading = Database::Mode::read_only;
  CHECK(trouble_of_opening(folder.file("none.db"), reading) == Trouble::missing);
  std::ofstream(folder.file("text.db")) << std::string(4096, 'x');
  CHECK(trouble_of_opening(folder.file("text.db"), reading) == Trouble::corrupt);
}

TEST_CASE("a reader writes nothing") {
  const TemporaryFolder folder;
  open(folder)->execute("CREATE TABLE t(a)");
  const auto database = open(folder, Database::Mode::read_only);
  database->execute("INSERT INTO t VALUES(1)");
  CHECK(database->take_failure()->trouble == Trouble::read_only);
}

TEST_CASE("the durable log grows with commits and is emptied by a checkpoint") {
  const TemporaryFolder folder;
  const auto database = open(folder);
  database->use_durable_log();
  database->execute("CREATE TABLE t(a)");
  CHECK(database->log_pages() > 0);
  database->checkpoint(Database::Checkpoint::truncate);
  CHECK(database->log_pages() == 0);
  CHECK(std::filesystem::file_size(folder.file("t.db-wal")) == 0);
  CHECK_FALSE(database->has_failed());
}
