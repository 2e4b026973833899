#pragma once

#include "gateway/ingest/journal_keys.hpp"
#include "gateway/ingest/journal_ledger.hpp"
#include "gateway/store/database.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace qnzs::ingest {

// The journal as the publisher sees it: reads on a connection of its own. What is damaged in the
// file does not block what is behind it: it is set aside, with a dead letter that says so.
class JournalRecords final : public kafka::RecordSource {
 public:
  // Appends a dead letter (or nothing) and sets `sequence` aside in one transaction. Blocking.
  using SetAside = std::function<schema::Result<void>(
      std::uint64_t sequence, std::string_view reason, std::optional<Entry> instead)>;

  // `keys` and `ledger` must outlive it.
  JournalRecords(std::string id, std::unique_ptr<store::Database> database, const SealKeys& keys,
                 Ledger& ledger, std::size_t payload_bytes_max, SetAside set_aside);

  std::string_view id() const override { return id_; }
  schema::Result<std::vector<kafka::SequencedRecord>> read(std::uint64_t after,
                                                           std::size_t records_max,
                                                           std::size_t bytes_max) override;
  bool wait(std::uint64_t after, std::chrono::milliseconds time_max) override {
    return ledger_.wait_behind(after, time_max);
  }
  void wake() override { ledger_.wake(); }
  std::uint64_t published() const override { return ledger_.position(); }
  std::uint64_t last() const override { return ledger_.last(); }
  kafka::Position position_at(std::uint64_t sequence) override;
  void hold(std::uint64_t after) override { ledger_.hold(after); }
  void mark_published(std::uint64_t sequence) override { ledger_.published(sequence); }
  schema::Result<void> set_aside(std::uint64_t sequence, std::string_view reason) override;

  // The value of a cursor or part; an error when it cannot be read or opened.
  schema::Result<std::optional<std::string>> state(std::string_view name);
  // Closes the connection; reading fails from now on.
  void close();

 private:
  // An entry whose content cannot be had, though nobody has published it yet.
  struct Damage {
    std::uint64_t sequence = 0;
    EntryKind kind = EntryKind::dead_letter;
    EntryId id{};
    std::string sealed{};
    std::string reason{};
  };
  struct Batch {
    std::vector<kafka::SequencedRecord> records;
    std::optional<Damage> damage;  // behind the records
  };
  static EntryKind kind_of(const store::Statement& row);
  static EntryId id_of(const store::Statement& row);
  schema::Result<kafka::Record> open(store::Statement& row);
  schema::Result<Batch> read_some(std::uint64_t after, std::size_t records_max,
                                  std::size_t bytes_max);
  void expect_order();
  std::optional<Damage> hole(std::uint64_t first, std::uint64_t last);
  schema::Result<void> quarantine(const Damage& damage);
  schema::Error failed(const store::Failure& failure);

  std::string id_;
  const SealKeys& keys_;
  Ledger& ledger_;
  std::size_t payload_bytes_max_;
  SetAside set_aside_;
  std::mutex mutex_;  // guards the connection
  struct Statements;
  std::unique_ptr<store::Database> database_;
  std::unique_ptr<Statements> statements_;
  bool is_order_known_ = false;  // guarded by mutex_

 public:
  ~JournalRecords() override;
};

}  // namespace qnzs::ingest
