#include "tests/unit/gateway/ingest/journal_support.hpp"
#include "tests/unit/gateway/ingest/power_cut_vfs.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <mutex>
#include <random>
#include <set>
#include <string_view>
#include <thread>

// Told by QNZS_SYNCHRONOUS=OFF to run without fsync, the test must fail: then it can.
namespace qnzs::ingest {
namespace {

using namespace test;  // NOLINT

constexpr std::uint32_t seeds = 100;

std::uint32_t first_seed() {
  const char* given = std::getenv("QNZS_SEED");
  return given == nullptr ? std::random_device{}() : static_cast<std::uint32_t>(std::atoll(given));
}

bool is_synchronous() {
  const char* told = std::getenv("QNZS_SYNCHRONOUS");
  return told == nullptr || std::string_view(told) != "OFF";
}

std::string text_of(std::uint64_t number) {
  return std::string(100 + number * 37 % 3000, 'x');
}

// Which of many messages have been answered.
class Answered {
 public:
  void add(std::uint64_t number) {
    const std::lock_guard lock(mutex_);
    numbers_.insert(number);
  }
  std::set<std::uint64_t> all() const {
    const std::lock_guard lock(mutex_);
    return numbers_;
  }

 private:
  mutable std::mutex mutex_;
  std::set<std::uint64_t> numbers_;
};

// Two writers, several messages in flight each, checkpoints often; then the power goes.
std::set<std::uint64_t> write_until_the_cut(std::uint32_t seed, const std::string& path) {
  std::mt19937 random(seed);
  const Folder before;
  JournalOptions options;
  options.vfs = PowerCutVfs::name;
  options.checkpoint_pages = std::uniform_int_distribution<std::size_t>(4, 60)(random);
  Answered answered;
  const auto journal = open(settings(before.file()), std::move(options));
  std::atomic<bool> is_over{false};
  const auto write = [&](std::uint64_t number) {
    for (; !is_over; number += 2) {
      journal->append({message(number, text_of(number))},
                      [&answered, number](const Receipts& receipts) {
                        if (receipts) answered.add(number);
                      });
      if (number % 5 == 0) std::this_thread::sleep_for(std::chrono::microseconds(300));
    }
  };
  std::set<std::uint64_t> sure;
  {
    const std::jthread one(write, 1);
    const std::jthread two(write, 2);
    std::this_thread::sleep_for(
        std::chrono::milliseconds(std::uniform_int_distribution<int>(1, 60)(random)));
    sure = answered.all();  // these know their answer when the power goes
    PowerCutVfs::cut_power(seed, path);
    is_over = true;
  }
  journal->stop();
  return sure;
}

// How many answered messages are not there when the power is back; -1: the journal does not open.
std::int64_t lost(const std::set<std::uint64_t>& sure, const std::string& path) {
  try {
    const auto journal = open(settings(path));
    const auto sums = journal->status().sums;
    CHECK(sums.entries == sums.published + sums.queued);
    const auto records = journal->records().read(0, 1'000'000, 1 << 30);
    REQUIRE(records);
    auto missing = sure;
    for (const auto& item : *records) {
      const auto number = std::stoull(item.record.event.id);
      CHECK(item.record.value == text_of(number));
      missing.erase(number);
    }
    return static_cast<std::int64_t>(missing.size());
  } catch (const std::runtime_error& error) {
    if (sure.empty()) return 0;
    MESSAGE(error.what());
    return -1;
  }
}

TEST_CASE("what was answered is there when the power comes back, wherever it went") {
  const auto first = first_seed();
  MESSAGE("seeds from QNZS_SEED=" << first);
  std::size_t answered = 0;
  for (std::uint32_t seed = first; seed < first + seeds; ++seed) {
    CAPTURE(seed);
    const Folder after;
    PowerCutVfs::begin(is_synchronous());
    const auto sure = write_until_the_cut(seed, after.file());
    answered += sure.size();
    const auto missing = lost(sure, after.file());
    if (missing != 0) MESSAGE("power cut: answered messages are lost");
    REQUIRE(missing == 0);
  }
  CHECK(answered > 20 * seeds);
}

}  // namespace
}  // namespace qnzs::ingest
