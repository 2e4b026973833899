#include "gateway/runtime/token_bucket.hpp"

#include <algorithm>

namespace qnzs::runtime {
namespace {

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::int64_t holds_ns = std::chrono::nanoseconds(TokenBucket::holds).count();

std::int64_t ns_of(TokenBucket::Clock::time_point time) {
  return std::chrono::nanoseconds(time.time_since_epoch()).count();
}

}  // namespace

bool TokenBucket::take(std::int64_t per_second, Clock::time_point now) {
  const auto now_ns = ns_of(now);
  const auto price_ns = second_ns / std::max<std::int64_t>(per_second, 1);
  auto full_at = full_at_ns_.load(std::memory_order_relaxed);
  for (;;) {
    const auto paid = std::max(full_at, now_ns) + price_ns;
    if (paid - now_ns > holds_ns) return false;
    if (full_at_ns_.compare_exchange_weak(full_at, paid, std::memory_order_relaxed)) return true;
  }
}

std::uint32_t TokenBucket::seconds_to_wait(Clock::time_point now) const {
  const auto missing = full_at_ns_.load(std::memory_order_relaxed) - ns_of(now) - holds_ns;
  return static_cast<std::uint32_t>(std::max<std::int64_t>(0, missing) / second_ns + 1);
}

bool TokenBucket::is_full(Clock::time_point now) const {
  return full_at_ns_.load(std::memory_order_relaxed) <= ns_of(now);
}

}  // namespace qnzs::runtime
