#pragma once

#include "gateway/ingest/journal_ledger.hpp"
#include "gateway/ingest/journal_options.hpp"
#include "gateway/ingest/journal_records.hpp"
#include "gateway/ingest/journal_writer.hpp"
#include "gateway/store/file.hpp"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace qnzs::ingest {

// What `open_journal` has found and checked.
struct JournalParts {
  config::JournalSettings settings;
  std::string journal_id;
  JournalOptions options;  // complete: every function is there
  std::optional<store::FileLock> lock;
  SealKeys keys;
  std::unique_ptr<store::Database> writing;
  std::unique_ptr<store::Database> reading;
};

// The journal in a SQLite file. Appends are sealed on the caller's thread and wait in a queue; one
// thread takes all of it at once, commits it in one transaction, and then calls every `done`: group
// commit. Between groups it checkpoints, sweeps what has expired, looks after size and disk, and
// writes the publisher's position.
class SqliteJournal final : public Journal {
 public:
  // Throws std::runtime_error when the file cannot be read.
  explicit SqliteJournal(JournalParts parts);
  ~SqliteJournal() override;

  void append(std::vector<Entry> entries, Appended done) override;
  void count_refused() override { ledger_.refused(); }
  std::optional<std::string> state(const std::string& name) override;
  JournalStatus status() const override { return ledger_.status(); }
  kafka::RecordSource& records() override { return records_; }
  void stop() override;

 private:
  using Clock = std::chrono::steady_clock;

  // Any thread.
  schema::Result<void> check(const std::vector<Entry>& entries) const;
  Request sealed(std::vector<Entry> entries, Appended done) const;
  schema::Result<void> push(Request& request, bool is_bounded);
  schema::Result<void> set_aside(std::uint64_t sequence, std::string_view reason,
                                 std::optional<Entry> instead);
  void refuse(Request& request, const schema::Error& error);

  // The journal's thread.
  void run();
  void take(std::vector<Request>& batch);
  void commit_all(std::vector<Request>& batch);
  void commit(std::span<Request> group);
  Instant clock() const;
  std::optional<Sweep> due_sweep();
  void maintain();
  void checkpoint();
  void measure();
  void become(JournalCondition condition, const std::string& explanation);
  void failed(const store::Failure& failure, bool is_fsync);
  void finish();

  JournalParts parts_;
  Ledger ledger_;
  JournalRecords records_;
  std::optional<JournalWriter> writer_;  // until stopped

  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<Request> queue_;  // guarded by mutex_, as the next four
  std::size_t queued_entries_ = 0;
  std::size_t queued_bytes_ = 0;
  bool is_stopping_ = false;
  std::size_t wanted_ = 1;        // requests the journal's thread waits for
  std::size_t group_before_ = 0;  // requests the last commit took; the thread's own

  const Clock::time_point started_at_ = Clock::now();
  const Instant started_on_ = parts_.options.now();

  // The journal's thread only.
  Progress written_;
  PublishedMarks marks_;
  bool must_probe_ = false;  // a write has failed: try one before accepting again
  bool is_pressed_ = false;  // near the limit: published bodies go before their time
  Clock::time_point tick_at_{};
  Clock::time_point sweep_at_{};

  std::once_flag stopped_;
  std::thread thread_;
};

}  // namespace qnzs::ingest
