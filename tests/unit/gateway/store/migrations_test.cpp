#include "gateway/store/migrations.hpp"

#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <array>

namespace store = qnzs::store;
using qnzs::tests::TemporaryFolder;
using store::Database;
using store::Trouble;

namespace {

constexpr std::int64_t ours = 0x1234;
constexpr std::string_view first = "CREATE TABLE a(x)";
constexpr std::string_view second = "ALTER TABLE a ADD COLUMN y; INSERT INTO a VALUES(1, 2)";

std::unique_ptr<Database> open(const TemporaryFolder& folder) {
  auto database =
      Database::open({.path = folder.file("t.db"), .mode = Database::Mode::read_write, .vfs = {}});
  REQUIRE(database);
  return *std::move(database);
}

}  // namespace

TEST_CASE("each step is taken once, from whatever version the file has") {
  const TemporaryFolder folder;
  const auto database = open(folder);
  const std::array older{first};
  const std::array newer{first, second};
  CHECK(store::migrate(*database, ours, older));
  CHECK(store::expect_version(*database, ours, 1));
  CHECK(store::migrate(*database, ours, newer));
  CHECK(store::migrate(*database, ours, newer));
  CHECK(database->number("SELECT count(*) FROM a") == 1);
  CHECK(store::expect_version(*database, ours, 2));
  CHECK_FALSE(store::expect_version(*database, ours, 3));
}

TEST_CASE("a file of a newer version and one of somebody else's are left alone") {
  const TemporaryFolder folder;
  const auto database = open(folder);
  const std::array older{first};
  const std::array newer{first, second};
  REQUIRE(store::migrate(*database, ours, newer));
  CHECK(store::migrate(*database, ours, older).error().trouble == Trouble::newer);
  CHECK(store::migrate(*database, ours + 1, newer).error().trouble == Trouble::foreign);
  const TemporaryFolder other;
  const auto theirs = open(other);
  theirs->execute("CREATE TABLE theirs(x)");
  CHECK(store::migrate(*theirs, ours, older).error().trouble == Trouble::foreign);
}

TEST_CASE("a step that fails changes nothing") {
  const TemporaryFolder folder;
  const auto database = open(folder);
  const std::array<std::string_view, 2> steps{first, "INSERT INTO a VALUES(1); no sql"};
  CHECK_FALSE(store::migrate(*database, ours, steps));
  CHECK(store::expect_version(*database, ours, 1));
  CHECK(database->number("SELECT count(*) FROM a") == 0);
}
