#include "gateway/ingest/journal_ledger.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

namespace qnzs::ingest {
namespace {

constexpr double drain_memory_seconds = 10;

}  // namespace

std::string damage_text(std::string_view reason) {
  return "日志账文件已损坏（" + std::string(reason) +
         "）：停止接收，文件原样保留；请停下网关，检查磁盘，再运行 qnzs journal salvage --config "
         "配置文件，它把读得出的都搬进新文件，损坏的移到一旁";
}

Progress operator+(Progress progress, const Change& change) {
  progress.sums.callbacks += change.sums.callbacks;
  progress.sums.stored += change.sums.stored;
  progress.sums.repeated += change.sums.repeated;
  progress.sums.dead_lettered += change.sums.dead_lettered;
  progress.sums.refused += change.sums.refused;
  progress.sums.entries += change.sums.entries;
  progress.sums.published += change.sums.published;
  progress.sums.queued += change.sums.queued;
  progress.last = change.last;
  return progress;
}

void Ledger::load(const Progress& progress, std::set<std::uint64_t> asides,
                  std::vector<Opening> openings) {
  const std::lock_guard lock(mutex_);
  progress_ = progress;
  last_at_open_ = progress.last;
  asides_ = std::move(asides);
  openings_ = std::move(openings);
}

void Ledger::load_queued(std::uint64_t sequence, std::chrono::milliseconds age) {
  const std::lock_guard lock(mutex_);
  note_queued(sequence, Clock::now() - age);
}

Progress Ledger::progress() const {
  const std::lock_guard lock(mutex_);
  return progress_;
}

JournalStatus Ledger::status() const {
  const auto now = Clock::now();
  const std::lock_guard lock(mutex_);
  JournalStatus status;
  status.condition = condition_;
  status.explanation = explanation_;
  status.sums = progress_.sums;
  if (!seconds_.empty() && status.sums.queued > 0)
    status.oldest_queued_age = std::max(Clock::duration(), now - seconds_.front().at);
  status.drained_per_second = drained_per_second(now);
  status.bytes = room_.bytes;
  status.used_percent = room_.used_percent;
  status.disk_free_bytes = room_.disk_free_bytes;
  status.damaged = damaged_;
  return status;
}

void Ledger::committed(const Change& change) {
  const auto now = Clock::now();
  const std::lock_guard lock(mutex_);
  progress_ = progress_ + change;
  if (change.aside > progress_.position) asides_.insert(change.aside);
  if (change.first != 0) note_queued(change.first, now);
  arrived_.notify_all();
}

void Ledger::refused(std::uint64_t callbacks) {
  const std::lock_guard lock(mutex_);
  progress_.sums.callbacks += callbacks;
  progress_.sums.refused += callbacks;
}

void Ledger::published(std::uint64_t sequence) {
  const auto now = Clock::now();
  const std::lock_guard lock(mutex_);
  sequence = std::min(sequence, progress_.last);
  if (sequence <= progress_.position) return;
  const auto end = asides_.upper_bound(sequence);
  const auto asides = static_cast<std::uint64_t>(std::distance(asides_.begin(), end));
  const auto records = sequence - progress_.position - asides;
  asides_.erase(asides_.begin(), end);
  progress_.position = sequence;
  progress_.sums.published += records;
  progress_.sums.queued -= records;
  forget_published();
  drain_rate_ = drained_per_second(now) + static_cast<double>(records) / drain_memory_seconds;
  drained_at_ = now;
}

void Ledger::hold(std::uint64_t after) {
  const std::lock_guard lock(mutex_);
  held_after_ = after;
}

std::uint64_t Ledger::done_until() const {
  const std::lock_guard lock(mutex_);
  return std::min(held_after_, progress_.position);
}

bool Ledger::become(JournalCondition condition, std::string explanation) {
  const std::lock_guard lock(mutex_);
  if (condition_ == JournalCondition::failed) return false;
  explanation_ = std::move(explanation);
  return std::exchange(condition_, condition) != condition;
}

JournalCondition Ledger::condition() const {
  const std::lock_guard lock(mutex_);
  return condition_;
}

void Ledger::measured(const Room& room) {
  const std::lock_guard lock(mutex_);
  room_ = room;
}

void Ledger::damaged() {
  const std::lock_guard lock(mutex_);
  ++damaged_;
}

std::uint64_t Ledger::last() const {
  const std::lock_guard lock(mutex_);
  return progress_.last;
}

std::uint64_t Ledger::last_at_open() const {
  const std::lock_guard lock(mutex_);
  return last_at_open_;
}

std::uint64_t Ledger::position() const {
  const std::lock_guard lock(mutex_);
  return progress_.position;
}

std::string Ledger::opening_of(std::uint64_t sequence) const {
  const std::lock_guard lock(mutex_);
  const auto next = std::ranges::upper_bound(openings_, sequence, {}, &Opening::first_sequence);
  return next == openings_.begin() ? std::string() : std::prev(next)->name;
}

bool Ledger::wait_behind(std::uint64_t after, std::chrono::milliseconds time_max) {
  std::unique_lock lock(mutex_);
  arrived_.wait_for(lock, time_max, [&] { return is_woken_ || last_readable() > after; });
  is_woken_ = false;
  return last_readable() > after;
}

void Ledger::wake() {
  const std::lock_guard lock(mutex_);
  is_woken_ = true;
  arrived_.notify_all();
}

void Ledger::note_queued(std::uint64_t sequence, Clock::time_point at) {
  const auto second = std::chrono::floor<std::chrono::seconds>(at);
  if (!seconds_.empty() && std::chrono::floor<std::chrono::seconds>(seconds_.back().at) == second)
    return;
  seconds_.push_back({sequence, at});
}

void Ledger::forget_published() {
  if (progress_.position >= progress_.last) return seconds_.clear();
  while (seconds_.size() > 1 && seconds_[1].first_sequence <= progress_.position + 1)
    seconds_.pop_front();
}

// An entry that was set aside is never read again: waiting for it would spin.
std::uint64_t Ledger::last_readable() const {
  auto last = progress_.last;
  while (last > progress_.position && asides_.contains(last)) --last;
  return last;
}

// Exponential forgetting: what was published t seconds ago counts e^(-t/10).
double Ledger::drained_per_second(Clock::time_point now) const {
  const std::chrono::duration<double> age = now - drained_at_;
  return drain_rate_ * std::exp(-age.count() / drain_memory_seconds);
}

}  // namespace qnzs::ingest
