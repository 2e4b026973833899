#include "gateway/ingest/journal_sqlite.hpp"

#include "tests/unit/gateway/ingest/journal_support.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <fstream>
#include <future>
#include <iterator>
#include <set>
#include <sstream>
#include <thread>

namespace qnzs::ingest {
namespace {

using namespace test;  // NOLINT

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST_CASE("what was answered is there after the journal is opened again") {
  const Folder folder;
  {
    const auto journal = open(settings(folder.file()));
    const auto receipts = append(*journal, {message(1, "一"), message(2, "二")});
    REQUIRE(receipts);
    CHECK((*receipts)[0].sequence == 1);
    CHECK((*receipts)[1].sequence == 2);
  }
  const auto journal = open(settings(folder.file()));
  const auto records = journal->records().read(0, 10, 1 << 20);
  REQUIRE(records);
  REQUIRE(records->size() == 2);
  CHECK((*records)[0].record.value == "一");
  CHECK((*records)[1].record.value == "二");
  CHECK((*records)[1].record.event.source == "/qnzs/wechat/henan");
  CHECK(append(*journal, {message(3)})->at(0).sequence == 3);
}

TEST_CASE("a repeat gets the first sequence, also after a restart and within one append") {
  const Folder folder;
  {
    const auto journal = open(settings(folder.file()));
    CHECK(append(*journal, {message(1)})->at(0).sequence == 1);
    const auto mixed = append(*journal, {message(2), message(1), message(2)});
    CHECK(mixed->at(0).sequence == 2);
    CHECK_FALSE(mixed->at(0).is_repeat);
    CHECK(mixed->at(1).sequence == 1);
    CHECK(mixed->at(1).is_repeat);
    CHECK(mixed->at(2).sequence == 2);
    CHECK(mixed->at(2).is_repeat);
  }
  const auto journal = open(settings(folder.file()));
  const auto again = append(*journal, {message(2)});
  CHECK(again->at(0).sequence == 2);
  CHECK(again->at(0).is_repeat);
  CHECK(journal->records().read(0, 10, 1 << 20)->size() == 2);
}

TEST_CASE("eight threads with the same ids store each once and all learn the same sequence") {
  const Folder folder;
  const auto journal = open(settings(folder.file()));
  constexpr std::uint64_t ids = 200;
  std::vector<std::array<std::atomic<std::uint64_t>, ids>> seen(8);
  std::atomic<std::uint64_t> first_ones{0};
  std::atomic<int> answers{0};
  {
    std::vector<std::jthread> threads;
    for (auto& mine : seen) {
      threads.emplace_back([&] {
        for (std::uint64_t i = 0; i < ids; ++i) {
          journal->append({message(i)}, [&, i](Receipts receipts) {
            if (receipts) {
              mine[i] = receipts->at(0).sequence;
              first_ones += receipts->at(0).is_repeat ? 0 : 1;
            }
            ++answers;
          });
        }
      });
    }
  }
  REQUIRE(eventually([&] { return answers == 8 * ids; }));
  CHECK(first_ones == ids);
  std::set<std::uint64_t> sequences;
  for (std::uint64_t i = 0; i < ids; ++i) {
    sequences.insert(seen[0][i]);
    for (const auto& mine : seen) CHECK(mine[i] == seen[0][i]);
  }
  CHECK(sequences.size() == ids);
  CHECK(*sequences.begin() == 1);
  CHECK(*sequences.rbegin() == ids);
  const auto sums = journal->status().sums;
  CHECK(sums.callbacks == 8 * ids);
  CHECK(sums.stored == ids);
  CHECK(sums.repeated == 7 * ids);
}

TEST_CASE("messages and a cursor are one append; the last value of a state is what counts") {
  const Folder folder;
  {
    const auto journal = open(settings(folder.file()));
    CHECK_FALSE(journal->state("weibo/henan/wall"));
    const auto receipts = append(*journal, {message(1), cursor("weibo/henan/wall", "since=1")});
    CHECK(receipts->at(0).sequence == 1);
    CHECK(receipts->at(1).sequence == 0);
    CHECK(append(*journal, {cursor("weibo/henan/wall", "since=2")}));
  }
  const auto journal = open(settings(folder.file()));
  CHECK(journal->state("weibo/henan/wall") == "since=2");
  CHECK(journal->records().last() == 1);
}

TEST_CASE("both sums hold after every kind of outcome and survive a restart") {
  const Folder folder;
  Sums before;
  {
    const auto journal = open(settings(folder.file()));
    CHECK(append(*journal, {message(1), message(2), dead_letter(3)}));  // stored
    CHECK(append(*journal, {message(1)}));                              // repeated
    CHECK(append(*journal, {dead_letter(4), message(2)}));              // dead-lettered
    CHECK(append(*journal, {cursor("c", "v")}));                        // no callback at all
    journal->count_refused();
    CHECK_FALSE(append(*journal, {message(5, std::string(600 * 1024, 'x'))}));  // refused
    journal->records().mark_published(3);
    before = journal->status().sums;
  }
  CHECK(before == Sums{.callbacks = 5,
                       .stored = 1,
                       .repeated = 1,
                       .dead_lettered = 1,
                       .refused = 2,
                       .entries = 4,
                       .published = 3,
                       .queued = 1});
  CHECK(open(settings(folder.file()))->status().sums == before);
}

TEST_CASE("a document over its limit is too large, and so is an append that no queue could hold") {
  const Folder folder;
  auto small = settings(folder.file());
  small.queue_entries_max = 2;
  const auto journal = open(small);
  const auto large = append(*journal, {message(1, std::string(512 * 1024 + 1, 'x'))});
  CHECK(large.error().fault == schema::Fault::too_large);
  const auto many = append(*journal, {message(1), message(2), message(3)});
  CHECK(many.error().fault == schema::Fault::too_large);
  CHECK(append(*journal, {message(1, std::string(512 * 1024, 'x'))}));
}

TEST_CASE("a full queue refuses as busy at once and is taken up again afterwards") {
  const Folder folder;
  auto small = settings(folder.file());
  small.queue_entries_max = 3;
  const auto journal = open(small);
  std::promise<void> is_held;
  std::promise<void> release;
  journal->append({message(1)}, [&](const Receipts&) {
    is_held.set_value();
    release.get_future().wait();
  });
  is_held.get_future().wait();
  std::atomic<int> stored{0};
  for (std::uint64_t i = 2; i <= 4; ++i) {
    journal->append({message(i)}, [&](const Receipts& receipts) { stored += receipts ? 1 : 0; });
  }
  CHECK(append(*journal, {message(5)}).error().fault == schema::Fault::busy);
  release.set_value();
  CHECK(eventually([&] { return stored == 3; }));
  CHECK(append(*journal, {message(5)}));
  CHECK(journal->status().sums.refused == 1);
}

TEST_CASE("requests that arrive during a commit share the next one") {
  const Folder folder;
  std::vector<std::size_t> groups;
  std::atomic<int> answers{0};
  JournalOptions options;
  options.observer.committed = [&](std::size_t entries, auto) { groups.push_back(entries); };
  auto grouped = settings(folder.file());
  grouped.group_entries_max = 40;
  const auto journal = open(grouped, std::move(options));
  std::promise<void> release;
  journal->append({message(0)}, [&](const Receipts&) { release.get_future().wait(); });
  REQUIRE(eventually([&] { return journal->records().last() == 1; }));
  for (std::uint64_t i = 1; i <= 100; ++i) {
    journal->append({message(i)}, [&](const Receipts&) { ++answers; });
  }
  release.set_value();
  REQUIRE(eventually([&] { return answers == 100; }));
  journal->stop();
  CHECK(groups == std::vector<std::size_t>{1, 40, 40, 20});
}

// A journal whose last commit took three requests, and the groups since.
struct Grouped {
  explicit Grouped(std::chrono::microseconds wait_max) {
    auto set = settings(folder.file());
    set.group_us_max = wait_max.count();
    JournalOptions options;
    options.observer.committed = [this](std::size_t entries, auto) { groups.push_back(entries); };
    journal = open(set, std::move(options));
    std::promise<void> release;
    journal->append({message(1)}, [&](const Receipts&) { release.get_future().wait(); });
    REQUIRE(eventually([&] { return journal->records().last() == 1; }));
    for (std::uint64_t i = 2; i <= 4; ++i) send(i);
    release.set_value();
    REQUIRE(eventually([&] { return answers == 3; }));
  }
  void send(std::uint64_t number) {
    journal->append({message(number)}, [this](const Receipts& receipts) { answers += !!receipts; });
  }

  const Folder folder;
  std::vector<std::size_t> groups;  // the journal's thread's, until it has stopped
  std::atomic<int> answers{0};
  std::unique_ptr<Journal> journal;
};

TEST_CASE("a commit waits for as many requests as the one before it took") {
  Grouped grouped(std::chrono::minutes(10));
  grouped.send(5);
  grouped.send(6);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  CHECK(grouped.answers == 3);
  grouped.send(7);
  REQUIRE(eventually([&] { return grouped.answers == 6; }));
  grouped.send(8);
  grouped.journal->stop();  // waits for nobody
  CHECK(grouped.answers == 7);
  CHECK(grouped.groups == std::vector<std::size_t>{1, 3, 3, 1});
}

TEST_CASE("a commit waits no longer than group_us_max, and then for no more than came") {
  Grouped grouped(std::chrono::milliseconds(100));
  grouped.send(5);
  REQUIRE(eventually([&] { return grouped.answers == 4; }));
  grouped.send(6);  // alone again
  REQUIRE(eventually([&] { return grouped.answers == 5; }));
  grouped.journal->stop();
  CHECK(grouped.groups == std::vector<std::size_t>{1, 3, 1, 1});
}

TEST_CASE("stopping commits what is queued and refuses what comes later") {
  const Folder folder;
  const auto journal = open(settings(folder.file()));
  std::atomic<int> stored{0};
  for (std::uint64_t i = 0; i < 50; ++i) {
    journal->append({message(i)}, [&](const Receipts& receipts) { stored += receipts ? 1 : 0; });
  }
  journal->stop();
  CHECK(stored == 50);
  CHECK(journal->status().condition == JournalCondition::stopped);
  CHECK(append(*journal, {message(99)}).error().fault == schema::Fault::busy);
  CHECK(open(settings(folder.file()))->records().last() == 50);
}

TEST_CASE("no text stands readable on the disk, in the file or in its log") {
  const Folder folder;
  const std::string planted = "planted-secret-text";
  const auto journal = open(settings(folder.file()));
  REQUIRE(append(*journal, {message(1, planted), cursor("c", planted)}));
  const auto log = contents(folder.file("journal.db-wal"));
  CHECK(log.size() > 4096);
  CHECK(log.find(planted) == std::string::npos);
  journal->stop();
  const auto file = contents(folder.file());
  CHECK(file.size() > 4096);
  CHECK(file.find(planted) == std::string::npos);
}

}  // namespace
}  // namespace qnzs::ingest
