#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <utility>

namespace qnzs::alarm {

// Does a counter grow much faster than it used to? What has come within the window is compared with
// a floor and with a multiple of what is usual, a mean over the hours before. Pure: time comes with
// the count.
class RateJump {
 public:
  using Clock = std::chrono::steady_clock;
  struct Rule {
    std::chrono::seconds window{300};
    std::uint64_t count_min = 20;
    double factor_min = 5;
  };
  explicit RateJump(const Rule& rule) : rule_(rule) {}

  // The counter stands at `count` now. `learns` is false while a person has been told: a jump must
  // not become usual by lasting.
  void observe(std::uint64_t count, Clock::time_point now, bool learns);
  bool is_jump() const;

  std::uint64_t in_window() const;
  double usual() const { return usual_; }  // in one window

 private:
  Rule rule_;
  std::deque<std::pair<Clock::time_point, std::uint64_t>> samples_;  // the first is the window's
  double usual_ = 0;
};

}  // namespace qnzs::alarm
