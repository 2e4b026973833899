#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

namespace qnzs::runtime {

// How often something may happen: `per_second` on average, two seconds' worth at once. One number
// (the generic cell rate algorithm, ITU-T I.371): a look costs no lock. Safe from any thread.
class TokenBucket {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds holds{2};

  // Takes a token when there is one. `per_second` is at least 1, and may be another each time.
  bool take(std::int64_t per_second, Clock::time_point now);
  // Whole seconds until there is a token again, at least 1.
  std::uint32_t seconds_to_wait(Clock::time_point now) const;
  // Nobody would notice if this bucket were a new one.
  bool is_full(Clock::time_point now) const;

 private:
  std::atomic<std::int64_t> full_at_ns_{0};  // on Clock: when it would be full again
};

}  // namespace qnzs::runtime
