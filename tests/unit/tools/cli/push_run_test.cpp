#include "tools/cli/push_run.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>
#include <sstream>
#include <stdexcept>
#include <thread>

using qnzs::cli::PushTally;
using qnzs::cli::run_pushes;
using qnzs::cli::summary_of;

TEST_CASE("Every push is made once, on as many connections as were asked for") {
  std::mutex mutex;
  std::vector<int> numbers;
  std::set<const httplib::ClientImpl*> clients;
  std::ostringstream progress;
  const auto tally = run_pushes(
      {.url = {.port = 1}, .count = 300, .connections = 3},
      [&](int number, httplib::ClientImpl& client, PushTally& into) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        ++into.accepted;
        const std::lock_guard lock(mutex);
        numbers.push_back(number);
        clients.insert(&client);
      },
      progress);
  std::ranges::sort(numbers);
  REQUIRE(numbers.size() == 300);
  for (int i = 0; i < 300; ++i) CHECK(numbers[static_cast<std::size_t>(i)] == i);
  CHECK(clients.size() == 3);
  CHECK(tally.accepted == 300);
  CHECK(tally.is_all_accepted());
}

TEST_CASE("Refused and unanswered pushes are counted apart from accepted ones") {
  std::ostringstream progress;
  const auto tally = run_pushes(
      {.url = {.port = 1}, .count = 10, .connections = 4},
      [&](int number, httplib::ClientImpl&, PushTally& into) {
        ++(number < 5 ? into.accepted : number < 8 ? into.refused : into.unanswered);
        into.milliseconds.push_back(number);
      },
      progress);
  CHECK_FALSE(tally.is_all_accepted());
  CHECK(summary_of(tally) == "共 10 次:接受 5,拒绝 3,没有应答 2;毫秒 p50 4.0 p99 8.0");
}

TEST_CASE("A long run says once a second how far it is, and keeps to its rate") {
  std::ostringstream progress;
  const auto begin = std::chrono::steady_clock::now();
  run_pushes(
      {.url = {.port = 1}, .count = 24, .rate = 20, .connections = 2},
      [](int, httplib::ClientImpl&, PushTally& into) { ++into.accepted; }, progress);
  CHECK(std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds(1100));
  CHECK(progress.str().contains("/24\n"));
}

TEST_CASE("What a push throws ends the run on the caller's thread, and no connection goes on") {
  std::ostringstream progress;
  std::atomic<int> pushes = 0;
  const auto run = [&] {
    run_pushes(
        {.url = {.port = 1}, .count = 100'000'000, .connections = 4},
        [&](int, httplib::ClientImpl&, PushTally&) {
          if (++pushes == 100) throw std::runtime_error("no such key");
        },
        progress);
  };
  CHECK_THROWS_WITH(run(), "no such key");
  CHECK(pushes < 100'000'000);
}
