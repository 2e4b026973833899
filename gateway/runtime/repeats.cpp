#include "gateway/runtime/repeats.hpp"

#include <algorithm>
#include <utility>

namespace qnzs::runtime {

std::optional<std::int64_t> Repeats::admit(std::string_view kind, Instant now,
                                           std::optional<LeftOut>& made_room) {
  if (const auto found = kinds_.find(kind); found != kinds_.end()) {
    auto& known = found->second;
    if (now - known.said_at < period_) {
      ++known.left_out;
      look_at_ = std::min(look_at_, known.said_at + period_);
      return std::nullopt;
    }
    known.said_at = now;
    return std::exchange(known.left_out, 0);
  }
  if (kinds_.size() >= kinds_max) {
    const auto oldest = std::ranges::min_element(
        kinds_, {}, [](const auto& entry) { return entry.second.said_at; });
    if (oldest->second.left_out > 0) made_room = LeftOut{oldest->first, oldest->second.left_out};
    kinds_.erase(oldest);
  }
  kinds_.emplace(kind, Kind{now, 0});
  return 0;
}

std::vector<Repeats::LeftOut> Repeats::take_overdue(Instant now) {
  std::vector<LeftOut> found;
  if (now < look_at_) return found;
  look_at_ = Instant::max();
  for (auto& [kind, known] : kinds_) {
    if (known.left_out == 0) continue;
    if (now - known.said_at < period_) {
      look_at_ = std::min(look_at_, known.said_at + period_);
      continue;
    }
    found.push_back({kind, std::exchange(known.left_out, 0)});
    known.said_at = now;
  }
  return found;
}

std::vector<Repeats::LeftOut> Repeats::take_all() {
  std::vector<LeftOut> found;
  for (auto& [kind, known] : kinds_) {
    if (known.left_out > 0) found.push_back({kind, known.left_out});
  }
  kinds_.clear();
  look_at_ = Instant::max();
  return found;
}

}  // namespace qnzs::runtime
