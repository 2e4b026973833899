#include "gateway/alarm/rate_jump.hpp"

#include <algorithm>

namespace qnzs::alarm {
namespace {

constexpr double memory_windows = 24;          // the mean forgets in so many windows
constexpr std::size_t samples_in_window = 60;  // finer is not needed

}  // namespace

void RateJump::observe(std::uint64_t count, Clock::time_point now, bool learns) {
  if (!samples_.empty() && count < samples_.back().second) samples_.clear();
  const auto step = rule_.window / samples_in_window;
  const bool is_near = samples_.size() > 2 && now - samples_[samples_.size() - 2].first < step;
  if (is_near) samples_.pop_back();  // the newest is replaced until a step is over
  const auto before = samples_.empty() ? now : samples_.back().first;
  samples_.emplace_back(now, count);
  while (samples_.size() > 2 && samples_[1].first <= now - rule_.window) samples_.pop_front();
  if (!learns) return;
  const std::chrono::duration<double> passed = now - before;
  const double part = std::min(1.0, passed / (rule_.window * memory_windows));
  usual_ += (static_cast<double>(in_window()) - usual_) * part;
}

std::uint64_t RateJump::in_window() const {
  return samples_.empty() ? 0 : samples_.back().second - samples_.front().second;
}

bool RateJump::is_jump() const {
  const auto count = in_window();
  return count >= rule_.count_min && static_cast<double>(count) >= usual_ * rule_.factor_min;
}

}  // namespace qnzs::alarm
