#include "gateway/ingest/journal_marks.hpp"

#include <algorithm>

namespace qnzs::ingest {
namespace {

constexpr std::chrono::minutes step_min{1};
constexpr int marks_max = 5000;

}  // namespace

PublishedMarks::PublishedMarks(std::chrono::milliseconds keep)
    : keep_(keep), step_(std::max<std::chrono::milliseconds>(step_min, keep / marks_max)) {}

void PublishedMarks::load(std::span<const PublishedMark> marks) {
  marks_.assign(marks.begin(), marks.end());
}

std::optional<PublishedMark> PublishedMarks::note(std::uint64_t position, Instant now) {
  const auto known = marks_.empty() ? expired_ : marks_.back().sequence;
  if (position <= known) return std::nullopt;
  // A clock that was set back makes a new mark, or its old time would hold what comes behind.
  const bool is_soon = !marks_.empty() && now >= marks_.back().at && now < marks_.back().at + step_;
  if (is_soon) return std::nullopt;
  return marks_.emplace_back(position, now);
}

std::uint64_t PublishedMarks::expired(Instant now) {
  const auto is_old = [&](const PublishedMark& mark) { return mark.at <= now - keep_; };
  const auto newest = std::find_if(marks_.rbegin(), marks_.rend(), is_old);
  if (newest == marks_.rend()) return expired_;
  expired_ = newest->sequence;
  marks_.erase(marks_.begin(), newest.base());
  return expired_;
}

}  // namespace qnzs::ingest
