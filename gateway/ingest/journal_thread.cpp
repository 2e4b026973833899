#include "gateway/ingest/journal_sqlite.hpp"
#include "gateway/runtime/log.hpp"
#include "gateway/runtime/thread_name.hpp"

#include <algorithm>
#include <thread>
#include <utility>

// SqliteJournal on its own thread: group commit and what happens between groups.
namespace qnzs::ingest {
namespace {

using schema::Severity;
using store::Trouble;

constexpr std::uint64_t mib = 1024 * 1024;
constexpr std::uint64_t pressed_percent_below =
    10;  // of the limit: where published bodies begin to go early

constexpr std::size_t company_max = 32;  // requests that are company enough: larger groups cost
                                         // hardly less for each

std::string mib_text(std::uint64_t bytes) {
  return std::to_string(bytes / mib) + " MiB";
}

}  // namespace

void SqliteJournal::run() {
  runtime::name_thread("journal");
  std::vector<Request> batch;
  while (true) {
    take(batch);
    const bool is_idle = batch.empty();
    commit_all(batch);
    maintain();
    const std::lock_guard lock(mutex_);
    if (is_idle && is_stopping_ && queue_.empty()) break;
  }
  finish();
}

// A commit waits until as many are there as the one before it took. So it waits for nobody who does
// not come: senders that each wait for their answer are all there soon, one that is alone is
// enough. It takes more when more have come during a commit, and less when it has waited in vain.
void SqliteJournal::take(std::vector<Request>& batch) {
  batch.clear();
  std::unique_lock lock(mutex_);
  wanted_ = 1;
  const auto has_work = [this] { return is_stopping_ || queue_.size() >= wanted_; };
  if (ledger_.condition() == JournalCondition::failed) {
    arrived_.wait(lock, has_work);  // no tick has anything to do any more
  } else {
    arrived_.wait_until(lock, std::min(tick_at_, sweep_at_), has_work);
  }
  if (!queue_.empty()) {
    wanted_ = std::min(group_before_, company_max);
    arrived_.wait_for(lock, std::chrono::microseconds(parts_.settings.group_us_max), has_work);
  }
  group_before_ = queue_.size();
  if (parts_.options.observer.woken) parts_.options.observer.woken();
  queued_entries_ = 0;
  queued_bytes_ = 0;
  queue_.swap(batch);
}

// In groups of at most `group_entries_max` entries; one append is never divided.
void SqliteJournal::commit_all(std::vector<Request>& batch) {
  const auto entries_max = static_cast<std::size_t>(parts_.settings.group_entries_max);
  for (std::size_t begin = 0; begin < batch.size();) {
    auto end = begin + 1;
    for (auto entries = batch[begin].entries.size(); end < batch.size(); ++end) {
      entries += batch[end].entries.size();
      if (entries > entries_max) break;
    }
    commit(std::span(batch).subspan(begin, end - begin));
    begin = end;
  }
}

void SqliteJournal::commit(std::span<Request> group) {
  if (ledger_.condition() == JournalCondition::failed) {
    for (auto& request : group) refuse(request, {schema::Fault::storage, "journal failed"});
    return;
  }
  const auto started_at = Clock::now();
  const auto now = clock();
  const auto progress = ledger_.progress();
  const auto sweep = due_sweep();
  const auto result = writer_->commit(group, progress, sweep ? &*sweep : nullptr, now);
  if (!result) {
    const auto& [failure, was_committing] = result.error();
    const bool is_fsync = was_committing && failure.trouble == Trouble::io;
    sweep_at_ = Clock::now() + parts_.options.tick;
    failed(failure, is_fsync);
    if (is_fsync) return;  // what is on the disk is unknown: nothing is answered
    for (auto& request : group) refuse(request, store::error_of(failure));
    return;
  }
  written_ = progress + result->change;
  ledger_.committed(result->change);
  if (sweep && !result->is_swept) sweep_at_ = Clock::now() + parts_.options.sweep_pause;
  if (sweep && result->is_swept) {
    sweep_at_ = Clock::now() + (is_pressed_ ? parts_.options.tick : parts_.options.sweep_rest);
  }
  for (auto& request : group) request.done(std::move(request.receipts));
  if (parts_.options.observer.committed && !group.empty()) {
    parts_.options.observer.committed(result->change.sums.entries, Clock::now() - started_at);
  }
}

// The wall clock, as far as it agrees with the time that has passed.
Instant SqliteJournal::clock() const {
  const auto passed = std::chrono::floor<std::chrono::milliseconds>(Clock::now() - started_at_);
  const auto jump_max = parts_.options.clock_jump_max;
  return std::clamp(parts_.options.now(), started_on_ + passed - jump_max,
                    started_on_ + passed + jump_max);
}

std::optional<Sweep> SqliteJournal::due_sweep() {
  if (Clock::now() < sweep_at_) return std::nullopt;
  Sweep sweep;
  sweep.rows_max = static_cast<std::uint64_t>(parts_.settings.sweep_rows_max);
  sweep.now = clock();
  sweep.published = ledger_.position();
  sweep.mark = marks_.note(sweep.published, sweep.now);
  sweep.marks_until = marks_.expired(sweep.now);
  const bool keeps_none = is_pressed_ || parts_.settings.body_keep_hours == 0;
  // A mark that is damaged must not take what is not published.
  const auto done = ledger_.done_until();
  sweep.bodies_until = keeps_none ? done : std::min(sweep.marks_until, done);
  return sweep;
}

void SqliteJournal::maintain() {
  if (ledger_.condition() == JournalCondition::failed) return;
  const auto now = Clock::now();
  const bool is_tick = now >= tick_at_;
  if (is_tick) tick_at_ = now + parts_.options.tick;
  const bool is_probe = is_tick && must_probe_;
  if (is_probe) must_probe_ = false;
  if (is_probe || writer_->log_pages() >= parts_.options.checkpoint_pages) checkpoint();
  if (is_probe || (is_tick && ledger_.progress() != written_) || now >= sweep_at_) commit({});
  if (is_tick) measure();
}

void SqliteJournal::checkpoint() {
  if (const auto failure = writer_->checkpoint(store::Database::Checkpoint::passive)) {
    failed(*failure, failure->trouble == Trouble::io);
  }
}

void SqliteJournal::measure() {
  if (ledger_.condition() == JournalCondition::failed) return;
  const auto& settings = parts_.settings;
  const auto measured = writer_->used_bytes();
  if (!measured) return failed(measured.error(), false);
  const auto used = *measured;  // not the file's size: what was freed in it is used again
  const auto size_max = static_cast<std::uint64_t>(settings.size_mib_max) * mib;
  const auto limit = size_max / 100 * static_cast<std::uint64_t>(settings.refuse_at_percent);
  const auto free = store::disk_free_bytes(settings.path);
  ledger_.measured(
      {.bytes = store::file_bytes(settings.path) + store::file_bytes(settings.path + "-wal"),
       .used_percent = 100.0 * static_cast<double>(used) / static_cast<double>(size_max),
       .disk_free_bytes = free});
  const bool was_pressed =
      std::exchange(is_pressed_, used >= limit - limit * pressed_percent_below / 100);
  if (is_pressed_ && !was_pressed) sweep_at_ = Clock::now();
  if (must_probe_) return;
  if (free < static_cast<std::uint64_t>(settings.disk_free_mib_min) * mib) {
    become(JournalCondition::disk_full,
           "磁盘只剩 " + mib_text(free) + "，低于 journal.disk_free_mib_min（" +
               std::to_string(settings.disk_free_mib_min) + "）：暂停接收，腾出空间后自动恢复");
  } else if (used >= limit) {
    become(JournalCondition::nearly_full,
           "日志账已用 " + mib_text(used) + "，达到上限 " + mib_text(limit) +
               "（journal.size_mib_max × refuse_at_percent）：暂停接收；请检查 Kafka "
               "是否可用，积压发布后自动恢复");
  } else {
    become(JournalCondition::accepting, "");
  }
}

void SqliteJournal::become(JournalCondition condition, const std::string& explanation) {
  if (!ledger_.become(condition, explanation)) return;
  if (condition == JournalCondition::accepting) {
    runtime::log(Severity::info, "journal_accepts", {{"journal", parts_.journal_id}});
  } else {
    runtime::log(Severity::error, "journal_refuses",
                 {{"journal", parts_.journal_id}, {"explanation", explanation}});
  }
}

void SqliteJournal::failed(const store::Failure& failure, bool is_fsync) {
  runtime::log(
      Severity::error, "journal_write_failed",
      {{"journal", parts_.journal_id}, {"reason", failure.reason}, {"is_fsync", is_fsync}});
  if (is_fsync) {
    become(JournalCondition::failed, "日志账写盘失败（" + failure.reason +
                                         "）：磁盘上的内容无法确定，进程必须退出；"
                                         "请检查磁盘后重新启动");
    parts_.options.on_fatal(failure.reason);
  } else if (failure.trouble == Trouble::corrupt) {
    become(JournalCondition::failed, damage_text(failure.reason));
  } else if (failure.trouble == Trouble::full || failure.trouble == Trouble::read_only) {
    must_probe_ = true;
    become(JournalCondition::disk_full,
           "日志账写不进去（" + failure.reason + "）：暂停接收，磁盘有空间或可写后自动恢复");
  } else {
    must_probe_ = true;
    become(JournalCondition::troubled, "日志账写入出错（" + failure.reason +
                                           "）：暂停接收，不断重试，能写后自动恢复；若不恢复，请检"
                                           "查磁盘，以及是否有别的程序占用 " +
                                           parts_.settings.path);
  }
}

void SqliteJournal::finish() {
  if (ledger_.condition() != JournalCondition::failed) {
    if (ledger_.progress() != written_) commit({});
    records_.close();
    if (const auto failure = writer_->checkpoint(store::Database::Checkpoint::truncate)) {
      runtime::log(Severity::warning, "journal_checkpoint_failed", {{"reason", failure->reason}});
    }
    ledger_.become(JournalCondition::stopped, "日志账已关闭");
  }
  records_.close();
}

}  // namespace qnzs::ingest
