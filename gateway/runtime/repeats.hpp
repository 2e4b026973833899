#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace qnzs::runtime {

// Keeps one thing from being said over and over: the first time at once, then once in each period,
// with the count of what was left out in between. What is left out is always told, at the latest by
// `take_overdue` or `take_all`. Bounded: the one said longest ago makes room. Not thread-safe; pure
// but for what it remembers.
class Repeats {
 public:
  using Instant = std::chrono::steady_clock::time_point;

  static constexpr std::size_t kinds_max = 256;

  // What was left out of one kind and not told yet.
  struct LeftOut {
    std::string kind;
    std::int64_t count = 0;
  };

  explicit Repeats(std::chrono::milliseconds period) : period_(period) {}
  void set_period(std::chrono::milliseconds period) { period_ = period; }

  // How many of that kind were left out before this one, or nothing when it is to be left out too.
  // With a count that had to make room in `made_room`.
  std::optional<std::int64_t> admit(std::string_view kind, Instant now,
                                    std::optional<LeftOut>& made_room);
  // Those of which something was left out and whose period is over. Cheap when there is none.
  std::vector<LeftOut> take_overdue(Instant now);
  std::vector<LeftOut> take_all();

 private:
  struct Kind {
    Instant said_at;
    std::int64_t left_out = 0;
  };
  std::chrono::milliseconds period_;
  std::map<std::string, Kind, std::less<>> kinds_;
  Instant look_at_ = Instant::max();  // nothing can be overdue before
};

}  // namespace qnzs::runtime
