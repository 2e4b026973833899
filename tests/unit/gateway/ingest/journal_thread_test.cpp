#include "gateway/store/database.hpp"
#include "tests/unit/gateway/ingest/faulty_vfs.hpp"
#include "tests/unit/gateway/ingest/journal_support.hpp"

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <thread>

// What the journal's thread does when the disk fails, and how it keeps its size.
namespace qnzs::ingest {
namespace {

using namespace test;  // NOLINT

struct Fixture {
  Folder folder;
  FaultyVfs& disk = faulty_vfs();
  std::atomic<int> fatal{0}, woken{0};
  std::atomic<std::int64_t> clock_ms{1'800'000'000'000};
  config::JournalSettings set = settings(folder.file());

  JournalOptions options() {
    JournalOptions options;
    options.vfs = FaultyVfs::name;
    options.tick = std::chrono::milliseconds(5);
    options.sweep_pause = std::chrono::milliseconds(1);
    options.sweep_rest = std::chrono::milliseconds(5);
    options.observer.woken = [this] { ++woken; };
    options.on_fatal = [this](std::string_view) { ++fatal; };
    options.clock_jump_max = std::chrono::hours(24 * 3650);
    options.now = [this] { return std::chrono::sys_time(std::chrono::milliseconds(clock_ms)); };
    return options;
  }
  std::unique_ptr<Journal> open() { return test::open(set, options()); }
  void pass(std::chrono::milliseconds time) { clock_ms += time.count(); }
};

std::size_t readable(Journal& journal) {
  return journal.records().read(0, 1000, 1 << 30)->size();
}

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

TEST_CASE_FIXTURE(Fixture, "a published id is forgotten after its time, an unpublished one never") {
  auto brief = message(1);
  brief.keep_id = std::chrono::hours{1};
  auto queued = message(2);
  queued.keep_id = std::chrono::hours{1};
  set.body_keep_hours = 100;
  const auto journal = open();
  REQUIRE(append(*journal, {brief, queued, message(3)}));
  journal->records().mark_published(1);
  pass(std::chrono::minutes{59});
  CHECK(append(*journal, {brief})->at(0).is_repeat);
  pass(std::chrono::minutes{2});
  REQUIRE(eventually([&] { return !append(*journal, {brief})->at(0).is_repeat; }));
  CHECK(append(*journal, {queued})->at(0).is_repeat);
  CHECK(append(*journal, {message(3)})->at(0).is_repeat);
}

// The clock goes on step by step until it holds.
bool in_time(Fixture& fixture, std::chrono::minutes step, const std::function<bool()>& holds) {
  return eventually([&] {
    fixture.pass(step);
    return holds();
  });
}

// The journal's thread has come round so often that what was due is done.
bool settles(Fixture& fixture) {
  const auto before = fixture.woken.load();
  return eventually([&] { return fixture.woken >= before + 10; });
}

TEST_CASE_FIXTURE(Fixture, "after an outage longer than its time a body stays its time from then") {
  set.body_keep_hours = 72;
  const auto journal = open();
  for (std::uint64_t i = 1; i <= 10; ++i) REQUIRE(append(*journal, {message(i)}));
  pass(std::chrono::hours{100});
  journal->records().mark_published(10);
  REQUIRE(settles(*this));
  CHECK(readable(*journal) == 10);
  pass(std::chrono::hours{71});
  REQUIRE(settles(*this));
  CHECK(readable(*journal) == 10);  // `republish` would still have them all
  CHECK(in_time(*this, std::chrono::minutes(10), [&] { return readable(*journal) == 0; }));
}

TEST_CASE_FIXTURE(Fixture, "how long a body is kept goes on over a restart") {
  set.body_keep_hours = 2;
  {
    const auto journal = open();
    REQUIRE(append(*journal, {message(1)}));
    journal->records().mark_published(1);
    REQUIRE(settles(*this));
  }
  pass(std::chrono::minutes{121});
  const auto journal = open();
  CHECK(eventually([&] { return readable(*journal) == 0; }));
}

TEST_CASE_FIXTURE(Fixture, "what the publisher will publish again stays, though it is published") {
  set.body_keep_hours = 2;
  const auto journal = open();
  for (std::uint64_t i = 1; i <= 10; ++i) REQUIRE(append(*journal, {message(i)}));
  journal->records().mark_published(10);
  journal->records().hold(7);  // something hangs on Kafka behind it
  CHECK(in_time(*this, std::chrono::minutes(10), [&] { return readable(*journal) == 3; }));
  pass(std::chrono::hours{100});
  REQUIRE(settles(*this));
  CHECK(readable(*journal) == 3);
  journal->records().mark_published(9);
  CHECK(eventually([&] { return readable(*journal) == 1; }));
  journal->records().mark_published(10);
  CHECK(eventually([&] { return readable(*journal) == 0; }));
}

TEST_CASE_FIXTURE(Fixture, "a damaged mark takes no body that is not published") {
  set.body_keep_hours = 2;
  {
    const auto journal = open();
    REQUIRE(append(*journal, {message(1), message(2), message(3)}));
    journal->records().mark_published(1);
    REQUIRE(settles(*this));
  }
  {
    const auto file = store::Database::open({.path = folder.file(), .vfs = {}});
    REQUIRE(file);
    (*file)->execute("UPDATE published_marks SET sequence = 3");
    REQUIRE_FALSE((*file)->has_failed());
  }
  pass(std::chrono::hours{3});
  const auto journal = open();
  REQUIRE(eventually([&] { return journal->records().read(0, 9, 1000)->front().sequence == 2; }));
  REQUIRE(settles(*this));
  CHECK(readable(*journal) == 2);
  CHECK(journal->status().damaged == 0);
}

TEST_CASE_FIXTURE(Fixture,
                  "a published body goes after its time in small steps, the id may stay longer") {
  set.body_keep_hours = 2;
  set.sweep_rows_max = 7;
  {
    const auto journal = open();
    for (std::uint64_t i = 1; i <= 40; ++i) REQUIRE(append(*journal, {message(i)}));
    journal->records().mark_published(30);
    REQUIRE(in_time(*this, std::chrono::minutes(5), [&] { return readable(*journal) == 10; }));
    CHECK(append(*journal, {message(5)})->at(0).is_repeat);
    pass(std::chrono::hours{30});
    REQUIRE(eventually([&] { return !append(*journal, {message(5)})->at(0).is_repeat; }));
    CHECK(readable(*journal) == 11);
  }
  const auto journal = open();
  CHECK(journal->status().sums.queued == 11);
  CHECK(append(*journal, {message(31)})->at(0).sequence == 31);
}

TEST_CASE_FIXTURE(Fixture, "a freed body is reached at once, however many ids are remembered") {
  set.body_keep_hours = 0;
  set.sweep_rows_max = 5;
  const auto journal = open();
  std::vector<Entry> many;
  for (std::uint64_t i = 1; i <= 1000; ++i) many.push_back(message(i));
  REQUIRE(append(*journal, std::move(many)));
  journal->records().mark_published(1000);
  REQUIRE(eventually([&] { return readable(*journal) == 0; }));
  REQUIRE(append(*journal, {message(1001)}));
  const auto before = disk.syncs.load();
  journal->records().mark_published(1001);
  REQUIRE(eventually([&] { return readable(*journal) == 0; }));
  CHECK(disk.syncs - before < 20);  // two hundred steps would lead past the ids
  CHECK(append(*journal, {message(1)})->at(0).is_repeat);
}

TEST_CASE_FIXTURE(Fixture, "a clock that was ahead for a while does not keep what lies behind") {
  set.body_keep_hours = 2;
  set.sweep_rows_max = 3;
  const auto journal = open();
  pass(std::chrono::hours{24 * 365});
  for (std::uint64_t i = 1; i <= 10; ++i) REQUIRE(append(*journal, {message(i)}));
  pass(-std::chrono::hours{24 * 365});
  for (std::uint64_t i = 11; i <= 20; ++i) REQUIRE(append(*journal, {message(i)}));
  journal->records().mark_published(20);
  REQUIRE(in_time(*this, std::chrono::minutes(10), [&] { return readable(*journal) == 0; }));
  pass(std::chrono::hours{25});
  CHECK(eventually([&] { return !append(*journal, {message(15)})->at(0).is_repeat; }));
  CHECK(append(*journal, {message(5)})->at(0).is_repeat);
}

TEST_CASE_FIXTURE(Fixture, "a clock that jumps by years, either way, makes no id forgotten") {
  auto careful = options();
  careful.clock_jump_max = std::chrono::hours(1);
  const auto journal = test::open(set, std::move(careful));
  REQUIRE(append(*journal, {message(1)}));
  pass(-std::chrono::hours{24 * 365});
  REQUIRE(append(*journal, {message(2)}));
  pass(std::chrono::hours{24 * 730});
  journal->records().mark_published(2);
  std::this_thread::sleep_for(std::chrono::milliseconds(200));  // many passes of expiry
  CHECK(append(*journal, {message(1)})->at(0).is_repeat);
  CHECK(append(*journal, {message(2)})->at(0).is_repeat);
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
