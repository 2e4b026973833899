#pragma once

#include "gateway/ingest/journal_index.hpp"
#include "gateway/ingest/journal_keys.hpp"
#include "gateway/ingest/journal_ledger.hpp"
#include "gateway/ingest/journal_marks.hpp"
#include "gateway/store/database.hpp"

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace qnzs::ingest {

// One row to be, sealed by whoever appends it.
struct SealedEntry {
  EntryKind kind = EntryKind::message;
  EntryId id{};
  std::chrono::milliseconds keep_id{};
  std::string name;    // cursors and parts only
  std::string sealed;  // body, or value of the state
};

// One append, waiting for its commit.
struct Request {
  std::vector<SealedEntry> entries;
  Appended done;
  std::size_t bytes = 0;
  bool is_callback = false;  // it has messages or dead letters from a platform: counted in the sums
  std::uint64_t aside = 0;   // this entry gets set aside with it; 0 = none
  std::string aside_reason;
  std::vector<Receipt> receipts;  // of the commit
};

// How far expiry goes in its present pass.
struct Sweep {
  std::uint64_t rows_max = 500;
  Instant now{};
  std::uint64_t published = 0;        // the last entry whose id may be forgotten
  std::uint64_t bodies_until = 0;     // the last one whose body may go
  std::uint64_t marks_until = 0;      // what was published before this mark has expired
  std::optional<PublishedMark> mark;  // to be written
};

// The connection that writes and checkpoints, and the index beside it. The journal's own thread
// only.
class JournalWriter {
 public:
  // `database` is open and migrated, writing; `seal_key` is the number of the key that seals.
  JournalWriter(std::unique_ptr<store::Database> database, std::int64_t seal_key);
  ~JournalWriter();

  // Reads all entries into the index and the ledger; once, before anything else.
  std::optional<store::Failure> load(Ledger& ledger, PublishedMarks& marks, Instant now);

  struct Committed {
    Change change;
    bool is_swept = false;  // the pass of expiry has come to its end
  };
  struct Failed {
    store::Failure failure;
    bool was_committing = false;  // false: rolled back for certain
  };
  // One transaction: stores the group (and fills its receipts), makes one step of expiry when there
  // is one to make, writes `progress` plus the change.
  std::expected<Committed, Failed> commit(std::span<Request> group, const Progress& progress,
                                          const Sweep* sweep, Instant now);

  std::size_t log_pages() const { return database_->log_pages(); }
  std::optional<store::Failure> checkpoint(store::Database::Checkpoint how);
  // Pages of the file that hold something, in bytes.
  std::expected<std::uint64_t, store::Failure> used_bytes();

 private:
  struct Statements;
  void store(Request& request, const Progress& progress, Change& change, Instant now);
  Receipt store_record(const SealedEntry& entry, Change& change, Instant now);
  void set_aside(const Request& request, const Progress& progress, Change& change);
  bool sweep_step(const Sweep& sweep);
  bool sweep_bodies(const Sweep& sweep);
  bool forget_ids(const Sweep& sweep);
  bool sweep_entries(const Sweep& sweep);
  // A walk over the entries, in steps. Nothing behind the first young one can be due: in the order
  // in which they came, none is kept for less than `keep_min_`.
  struct Walk {
    std::uint64_t at = 0;         // looked at up to here, in the present pass
    std::uint64_t next_from = 0;  // before the first young one: here the next pass begins
    bool is_among_young = false;
  };
  template <class Take>
  bool step(Walk& walk, std::uint64_t until, const Sweep& sweep, Take take);
  void write_progress(const Progress& progress);

  std::unique_ptr<store::Database> database_;
  std::int64_t seal_key_;
  std::unique_ptr<Statements> statements_;
  IdIndex index_;
  std::vector<std::pair<EntryId, std::uint64_t>> added_,
      dropped_;  // to and from the index, by this transaction
  std::chrono::milliseconds keep_min_ = std::chrono::years(100);  // the shortest that was asked for
  Walk ids_;      // over entries with bodies: their ids leave the index
  Walk entries_;  // over entries without
  // What is kept for longer, or has a wrong time, is passed by: now and then a pass looks at all.
  Instant look_at_all_at_{};
};

}  // namespace qnzs::ingest
