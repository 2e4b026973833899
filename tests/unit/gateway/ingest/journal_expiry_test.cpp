#include "gateway/ingest/journal_reader.hpp"
#include "gateway/store/database.hpp"
#include "tests/unit/gateway/ingest/journal_fixture.hpp"

#include <doctest/doctest.h>

#include <thread>
#include <utility>
#include <vector>

// How long ids and bodies are kept, and that what is over goes, in small steps.
namespace qnzs::ingest {
namespace {

using namespace test;  // NOLINT

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
  journal->records().hold(9);
  CHECK(eventually([&] { return readable(*journal) == 1; }));
  journal->records().hold(10);
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

// Kept for a month, as a desk's records are.
Entry long_kept(std::uint64_t number) {
  auto entry = message(number);
  entry.keep_id = std::chrono::hours{720};
  return entry;
}

// How many entries the file remembers.
std::size_t remembered(const Fixture& fixture) {
  const auto reader = JournalReader::open(fixture.folder.file());
  return reader ? (*reader)->list(0, 10'000)->size() : 0;
}

TEST_CASE_FIXTURE(Fixture, "what is kept for a month does not keep what is kept for a day") {
  set.body_keep_hours = 1;
  set.sweep_rows_max = 7;
  const auto journal = open();
  for (std::uint64_t i = 1; i <= 40; ++i) REQUIRE(append(*journal, {long_kept(i)}));
  for (std::uint64_t i = 41; i <= 60; ++i) REQUIRE(append(*journal, {message(i)}));
  journal->records().mark_published(60);
  REQUIRE(in_time(*this, std::chrono::minutes(10), [&] { return readable(*journal) == 0; }));
  pass(std::chrono::hours{25});
  CHECK(eventually([&] { return remembered(*this) == 40; }));
  CHECK(append(*journal, {long_kept(1)})->at(0).is_repeat);
  CHECK(append(*journal, {long_kept(40)})->at(0).is_repeat);
  pass(std::chrono::hours{24 * 30});
  CHECK(eventually([&] { return remembered(*this) == 0; }));
  CHECK_FALSE(append(*journal, {long_kept(1)})->at(0).is_repeat);
}

TEST_CASE_FIXTURE(Fixture, "an id is forgotten behind ones that stay, while the bodies are kept") {
  set.body_keep_hours = 1000;
  set.sweep_rows_max = 7;
  const auto journal = open();
  for (std::uint64_t i = 1; i <= 40; ++i) REQUIRE(append(*journal, {long_kept(i)}));
  for (std::uint64_t i = 41; i <= 60; ++i) REQUIRE(append(*journal, {message(i)}));
  journal->records().mark_published(60);
  pass(std::chrono::hours{25});
  CHECK(eventually([&] { return !append(*journal, {message(60)})->at(0).is_repeat; }));
  CHECK(append(*journal, {long_kept(1)})->at(0).is_repeat);
  CHECK(append(*journal, {long_kept(40)})->at(0).is_repeat);
}

TEST_CASE_FIXTURE(Fixture, "a new id among ones that stay is forgotten in its time as well") {
  set.body_keep_hours = 0;
  set.sweep_rows_max = 7;
  const auto journal = open();
  for (std::uint64_t day = 0; day < 4; ++day) {
    for (std::uint64_t i = 1; i <= 20; ++i)
      REQUIRE(append(*journal, {long_kept(100 * day + i), message(100 * day + 50 + i)}));
    journal->records().mark_published(journal->records().last());
    REQUIRE(settles(*this));
    pass(std::chrono::hours{25});
    CHECK(eventually([&] { return remembered(*this) == 20 * (day + 1); }));
  }
}

TEST_CASE_FIXTURE(Fixture, "how long the oldest waits is told rightly, however the clock jumps") {
  {
    const auto journal = open();
    CHECK(journal->status().oldest_queued_age.count() == 0);
    REQUIRE(append(*journal, {message(1)}));
    for (const auto jump : {-std::chrono::hours{24}, std::chrono::hours{48}}) {
      pass(jump);
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      const auto age = journal->status().oldest_queued_age.count();
      CHECK(age > 0);
      CHECK(age < 600);
    }
    pass(-std::chrono::hours{24});
  }
  pass(std::chrono::minutes{20});
  const auto journal = open();  // the wall clock alone knows how long nobody was there
  CHECK(journal->status().oldest_queued_age >= std::chrono::minutes(20));
  journal->records().mark_published(1);
  CHECK(journal->status().oldest_queued_age.count() == 0);
}

}  // namespace
}  // namespace qnzs::ingest
