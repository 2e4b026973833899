#include "tests/unit/gateway/ingest/journal_fixture.hpp"

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <thread>

// What the journal's thread does when the disk fails or is full.
namespace qnzs::ingest {
namespace {

using namespace test;  // NOLINT

TEST_CASE_FIXTURE(Fixture, "every answer follows an fsync of its own group") {
  const auto journal = open();
  const auto before = disk.syncs.load();
  for (std::uint64_t i = 0; i < 10; ++i) REQUIRE(append(*journal, {message(i)}));
  CHECK(disk.syncs >= before + 10);
}

TEST_CASE_FIXTURE(Fixture, "a failed fsync is fatal, answers nobody and is never retried") {
  std::atomic<bool> is_answered{false};
  {
    const auto journal = open();
    REQUIRE(append(*journal, {message(1)}));
    disk.fails_sync = true;
    journal->append({message(2)}, [&](const Receipts&) { is_answered = true; });
    REQUIRE(eventually([&] { return fatal == 1; }));
    disk.fails_sync = false;
    CHECK(journal->status().condition == JournalCondition::failed);
    CHECK_FALSE(journal->status().explanation.empty());
    CHECK(append(*journal, {message(3)}).error().fault == schema::Fault::storage);
    CHECK_FALSE(journal->records().set_aside(1, "too large"));
  }
  CHECK_FALSE(is_answered);
  CHECK(fatal == 1);
  const auto journal = open();
  CHECK(append(*journal, {message(1)})->at(0).is_repeat);
}

TEST_CASE_FIXTURE(Fixture, "an I/O error while committing is fatal too") {
  const auto journal = open();
  disk.fails_write = true;
  journal->append({message(1)}, [](const Receipts&) { FAIL("answered"); });
  CHECK(eventually([&] { return fatal == 1; }));
  disk.fails_write = false;
}

TEST_CASE_FIXTURE(Fixture, "a failed fsync of a checkpoint is fatal") {
  auto eager = options();
  eager.checkpoint_pages = 1;
  eager.tick = std::chrono::hours(1);
  const auto journal = test::open(set, std::move(eager));
  std::atomic<bool> is_stored{false};
  journal->append({message(1)}, [&](const Receipts& receipts) {
    is_stored = receipts.has_value();
    disk.fails_sync = true;  // committed; the checkpoint comes next
  });
  CHECK(eventually([&] { return fatal == 1; }));
  CHECK(is_stored);
  disk.fails_sync = false;
}

TEST_CASE_FIXTURE(Fixture,
                  "a full disk refuses, loses nothing and heals when there is space again") {
  const auto journal = open();
  REQUIRE(append(*journal, {message(1)}));
  disk.is_full = true;
  CHECK(append(*journal, {message(2)}).error().fault == schema::Fault::storage);
  CHECK(eventually([&] { return journal->status().condition == JournalCondition::disk_full; }));
  CHECK(append(*journal, {message(3)}).error().fault == schema::Fault::storage);
  CHECK(fatal == 0);
  disk.is_full = false;
  REQUIRE(eventually([&] { return journal->status().condition == JournalCondition::accepting; }));
  const auto receipts = append(*journal, {message(2)});
  REQUIRE(receipts);
  CHECK(receipts->at(0).sequence == 2);  // nothing of the refused one was left behind
  CHECK_FALSE(receipts->at(0).is_repeat);
  CHECK(readable(*journal) == 2);
  const auto sums = journal->status().sums;
  CHECK(sums.callbacks == sums.stored + sums.repeated + sums.dead_lettered + sums.refused);
  CHECK(sums.refused == 2);
}

// Refuses as troubled while `fault` is on, and accepts again by itself afterwards.
void refuses_and_heals(Fixture& fixture, const std::function<void(bool)>& fault) {
  const auto journal = fixture.open();
  REQUIRE(append(*journal, {message(1)}));
  fault(true);
  CHECK(append(*journal, {message(2)}).error().fault == schema::Fault::storage);
  REQUIRE(eventually([&] { return journal->status().condition == JournalCondition::troubled; }));
  CHECK(journal->status().explanation.contains("写入出错"));
  CHECK(append(*journal, {message(3)}).error().fault == schema::Fault::storage);
  fault(false);
  REQUIRE(eventually([&] { return journal->status().condition == JournalCondition::accepting; }));
  CHECK(append(*journal, {message(2)})->at(0).sequence == 2);
  CHECK(journal->status().sums.refused == 2);
  CHECK(fixture.fatal == 0);
}

TEST_CASE_FIXTURE(Fixture, "an I/O error before the commit refuses until a write works again") {
  refuses_and_heals(*this, [&](bool is_on) { disk.fails_lock = is_on; });
}

TEST_CASE_FIXTURE(Fixture, "a failure that nobody has foreseen refuses until a write works again") {
  refuses_and_heals(*this, [&](bool is_on) { disk.has_no_memory = is_on; });
}

TEST_CASE_FIXTURE(Fixture, "another program that holds the file's lock is waited for, refusing") {
  sqlite3* other = nullptr;
  refuses_and_heals(*this, [&](bool is_on) {
    if (other == nullptr) REQUIRE(sqlite3_open(set.path.c_str(), &other) == SQLITE_OK);
    sqlite3_exec(other, is_on ? "BEGIN IMMEDIATE" : "COMMIT", nullptr, nullptr, nullptr);
  });
  sqlite3_close(other);
}

TEST_CASE_FIXTURE(Fixture,
                  "corrupt while running: refuses, says so, and then costs no work at all") {
  const auto journal = open();
  REQUIRE(append(*journal, {message(1)}));
  disk.is_corrupt = true;
  CHECK(append(*journal, {message(2)}).error().fault == schema::Fault::storage);
  REQUIRE(eventually([&] { return journal->status().condition == JournalCondition::failed; }));
  CHECK(journal->status().explanation.contains("已损坏"));
  CHECK(append(*journal, {message(3)}).error().fault == schema::Fault::storage);
  CHECK_FALSE(journal->records().set_aside(1, "too large"));
  CHECK(fatal == 0);
  const auto before = woken.load();
  std::this_thread::sleep_for(std::chrono::milliseconds(100));  // twenty ticks
  CHECK(woken - before <= 1);
  disk.is_corrupt = false;
}

TEST_CASE_FIXTURE(Fixture, "too little free disk space refuses, whatever the journal's size") {
  set.disk_free_mib_min = std::int64_t{1} << 40;
  const auto journal = open();
  CHECK(journal->status().condition == JournalCondition::disk_full);
  CHECK(append(*journal, {message(1)}).error().fault == schema::Fault::storage);
}

TEST_CASE_FIXTURE(Fixture,
                  "near its size limit the journal refuses until what was published has gone") {
  set.size_mib_max = 4;
  const auto journal = open();
  std::uint64_t next = 0;
  REQUIRE(eventually([&] {
    const auto receipts = append(*journal, {message(++next, std::string(100'000, 'x'))});
    return !receipts && receipts.error().fault == schema::Fault::busy;
  }));
  CHECK(journal->status().condition == JournalCondition::nearly_full);
  CHECK(journal->status().bytes > 2'000'000);
  journal->records().mark_published(journal->records().last());
  CHECK(eventually([&] { return journal->status().condition == JournalCondition::accepting; }));
  CHECK(append(*journal, {message(1)})->at(0).is_repeat);  // bodies went early, ids did not
}

TEST_CASE_FIXTURE(
    Fixture, "refusals and the position are written within a tick although nothing is appended") {
  {
    const auto journal = open();
    REQUIRE(append(*journal, {message(1), message(2)}));
    journal->count_refused();
    journal->records().mark_published(1);
    const auto before = disk.syncs.load();
    CHECK(eventually([&] { return disk.syncs > before; }));
    journal->stop();
  }
  const auto journal = open();
  CHECK(journal->status().sums.refused == 1);
  CHECK(journal->records().published() == 1);
}

}  // namespace
}  // namespace qnzs::ingest
