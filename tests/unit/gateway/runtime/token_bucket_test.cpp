#include "gateway/runtime/token_bucket.hpp"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

using qnzs::runtime::TokenBucket;
using namespace std::chrono_literals;

TEST_CASE("two seconds' worth at once, then so many a second") {
  TokenBucket bucket;
  const auto start = TokenBucket::Clock::now();
  int taken = 0;
  while (bucket.take(10, start)) ++taken;
  CHECK(taken == 20);
  CHECK(bucket.seconds_to_wait(start) == 1);
  CHECK_FALSE(bucket.take(10, start + 99ms));
  CHECK(bucket.take(10, start + 100ms));
  CHECK_FALSE(bucket.take(10, start + 100ms));
  for (taken = 0; bucket.take(10, start + 60s);) ++taken;
  CHECK(taken == 20);  // what is not used is not saved up
}

TEST_CASE("another rate holds at once, and the wait is told in whole seconds") {
  TokenBucket bucket;
  const auto start = TokenBucket::Clock::now();
  while (bucket.take(1, start)) {
  }
  CHECK(bucket.seconds_to_wait(start) == 1);
  CHECK_FALSE(bucket.take(1, start + 999ms));
  CHECK(bucket.take(1, start + 1s));
  CHECK(bucket.take(1000, start + 1s + 1ms));
}

TEST_CASE("threads together take no more than there is") {
  TokenBucket bucket;
  const auto start = TokenBucket::Clock::now();
  std::atomic<int> taken{0};
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      while (bucket.take(1000, start)) ++taken;
    });
  threads.clear();
  CHECK(taken == 2000);
}
