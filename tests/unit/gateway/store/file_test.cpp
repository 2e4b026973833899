#include "gateway/store/file.hpp"

#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <limits>
#include <unistd.h>

namespace store = qnzs::store;
using qnzs::tests::TemporaryFolder;

TEST_CASE("a lock keeps the second one out, names the holder, and goes with it") {
  const TemporaryFolder folder;
  const auto path = folder.file("lock");
  {
    const auto held = store::FileLock::take(path);
    REQUIRE(held);
    const auto second = store::FileLock::take(path);
    REQUIRE_FALSE(second);
    CHECK(second.error().trouble == store::Trouble::busy);
    CHECK(second.error().reason == std::to_string(::getpid()));
  }
  CHECK(store::FileLock::take(path));
}

TEST_CASE("a lock in a folder that is not there says so") {
  const TemporaryFolder folder;
  CHECK(store::FileLock::take(folder.file("none/lock")).error().trouble == store::Trouble::missing);
}

TEST_CASE("a private file is for its owner only, and one that is there is left as it is") {
  const TemporaryFolder folder;
  const auto path = folder.file("file");
  REQUIRE(store::make_private(path));
  const auto rights = std::filesystem::status(path).permissions();
  CHECK(rights == (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
  std::ofstream(path) << "four";
  REQUIRE(store::make_private(path));
  CHECK(store::file_bytes(path) == 4);
  CHECK(store::file_bytes(folder.file("none")) == 0);
}

TEST_CASE("free space is told, and what cannot be told refuses nothing") {
  const TemporaryFolder folder;
  CHECK(store::disk_free_bytes(folder.file("file")) > 0);
  CHECK(store::disk_free_bytes("/nowhere/at/all") == std::numeric_limits<std::uint64_t>::max());
}
