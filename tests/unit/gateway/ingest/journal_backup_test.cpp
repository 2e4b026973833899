#include "gateway/ingest/journal_backup.hpp"

#include "tests/unit/gateway/ingest/journal_support.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

namespace qnzs::ingest::test {
namespace {

std::vector<ListedEntry> all_entries(const std::string& path) {
  const auto reader = JournalReader::open(path);
  REQUIRE(reader);
  const auto entries = (*reader)->list(0, 1'000'000);
  REQUIRE(entries);
  return *entries;
}

bool is_prefix(const std::vector<ListedEntry>& part, const std::vector<ListedEntry>& whole) {
  return part.size() <= whole.size() &&
         std::ranges::equal(
             part, std::span(whole).first(part.size()), {},
             [](const ListedEntry& entry) { return std::pair(entry.sequence, entry.id); },
             [](const ListedEntry& entry) { return std::pair(entry.sequence, entry.id); });
}

}  // namespace

TEST_CASE("A backup under load ends, is sound, and is a prefix of the journal") {
  Folder folder;
  const auto journal = open(settings(folder.file()));
  std::atomic<std::uint64_t> number = 0;
  for (; number < 3000; ++number)
    REQUIRE(append(*journal, {message(number, std::string(4000, 'x'))}));
  std::atomic<std::size_t> written_meanwhile = 0;
  {
    std::jthread load([&](const std::stop_token& stopping) {
      for (; !stopping.stop_requested(); ++number) {
        REQUIRE(append(*journal, {message(number)}));
        ++written_meanwhile;
      }
    });
    const auto before = written_meanwhile.load();
    const auto copied = back_up_journal(folder.file(), folder.file("copy.db"), [](auto, auto) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));  // so that writes come between
    });
    REQUIRE_MESSAGE(copied, copied.error().reason);
    CHECK(copied->sums.entries >= 3000);
    CHECK(written_meanwhile > before);
  }
  const auto part = all_entries(folder.file("copy.db"));
  const auto whole = all_entries(folder.file());
  CHECK(part.size() >= 3000);
  CHECK(part.size() < whole.size());
  CHECK(is_prefix(part, whole));
  const auto reader = JournalReader::open(folder.file("copy.db"), std::vector{seal_key("k1", '1')});
  REQUIRE(reader);
  CHECK((*reader)->record(part.back().sequence)->value.size() > 0);
}

TEST_CASE("A backup is one private file that a gateway can go on with") {
  Folder folder;
  {
    const auto journal = open(settings(folder.file()));
    REQUIRE(append(*journal, {message(1)}));
    REQUIRE(back_up_journal(folder.file(), folder.file("copy.db"), {}));
  }
  const auto mode = std::filesystem::status(folder.file("copy.db")).permissions();
  CHECK(mode == (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
  for (const auto* other : {"copy.db-wal", "copy.db-shm", "copy.db-journal", "copy.db.partial"})
    CHECK_FALSE(std::filesystem::exists(folder.file(other)));
  const auto restored = open(settings(folder.file("copy.db")));
  CHECK(append(*restored, {message(1)})->front().is_repeat);
  CHECK_FALSE(append(*restored, {message(2)})->front().is_repeat);
}

TEST_CASE("A backup replaces nothing, and what is no journal or is damaged gives none") {
  Folder folder;
  std::ofstream(folder.file("there.db")) << "there";
  open(settings(folder.file()))->stop();
  CHECK_FALSE(back_up_journal(folder.file(), folder.file("there.db"), {}));
  CHECK_FALSE(back_up_journal(folder.file("there.db"), folder.file("copy.db"), {}));
  CHECK_FALSE(back_up_journal(folder.file("none.db"), folder.file("copy.db"), {}));
  CHECK_FALSE(std::filesystem::exists(folder.file("copy.db")));
  CHECK_FALSE(std::filesystem::exists(folder.file("none.db")));
  std::fstream file(folder.file(), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(4096);
  file << std::string(4096, 'x');
  file.close();
  CHECK_FALSE(back_up_journal(folder.file(), folder.file("copy.db"), {}));
  CHECK_FALSE(std::filesystem::exists(folder.file("copy.db")));
  CHECK_FALSE(std::filesystem::exists(folder.file("copy.db.partial")));
}

}  // namespace qnzs::ingest::test
