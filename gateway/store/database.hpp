#pragma once

#include "gateway/store/failure.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

struct sqlite3;
struct sqlite3_stmt;

// Thin RAII over SQLite. Errors stick: after the first failure every statement of that connection
// does nothing until `take_failure`, so that a transaction is written as a list of steps and asked
// once at its end.
namespace qnzs::store {

struct Blob {
  std::string_view bytes;
};

// One connection; one thread at a time.
class Database {
 public:
  enum class Mode : std::uint8_t { read_write, read_only };
  struct Options {
    std::string path;
    Mode mode = Mode::read_write;              // read_write makes the file when there is none
    std::string vfs;                           // SQLite's file system by name; empty = its default
    std::chrono::milliseconds wait_max{2000};  // for a lock that another connection holds
  };

  // Fails with `read_only` when writing was asked for and is not possible.
  static Result<std::unique_ptr<Database>> open(const Options& options);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // One or several statements without values and rows.
  void execute(const std::string& sql);
  // First column of the first row; 0 or "" when there is none.
  std::int64_t number(std::string_view sql);
  std::string text(std::string_view sql);

  bool has_failed() const { return failure_.has_value(); }
  std::optional<Failure> take_failure() { return std::exchange(failure_, std::nullopt); }

  // WAL with an fsync for every commit; checkpoints only when `checkpoint` is called. Reads the
  // settings back.
  void use_durable_log();
  // Pages in the log since it was last reset.
  std::size_t log_pages() const { return log_pages_; }
  enum class Checkpoint : std::uint8_t {
    passive,
    truncate
  };  // never waits; waits for readers and empties it
  // Copies the log into the file as far as readers allow. Busy is no failure.
  void checkpoint(Checkpoint how);

  // SQLite's online backup: what this connection sees at the beginning, as one snapshot, replaces
  // what `target` holds. Others may write meanwhile, but their log cannot be reset before the end.
  // `progress` gets the pages that are copied and all of them. Failures are those of `target`.
  void copy_into(Database& target,
                 const std::function<void(std::int64_t done, std::int64_t all)>& progress);

  void fail(Failure failure);

 private:
  friend class Statement;
  friend class Transaction;
  Database() = default;
  void fail(int code, std::string_view doing);

  struct Close {
    void operator()(sqlite3* handle) const;
  };
  std::unique_ptr<sqlite3, Close> handle_;
  std::optional<Failure> failure_;
  std::size_t log_pages_ = 0;
};

// A prepared statement. Texts and blobs are bound without a copy: they must live until `reset` (or
// the end of `run`, which resets).
class Statement {
 public:
  Statement(Database& database, std::string_view sql);

  // Binds all values in order and runs to the end.
  template <class... Values>
  void run(const Values&... values) {
    start(values...);
    while (next()) continue;
    reset();
  }
  // Binds all values in order; then `next` gives row after row, true while there is one.
  template <class... Values>
  void start(const Values&... values) {
    reset();
    int index = 0;
    (bind(++index, values), ...);
  }
  bool next();
  void reset();

  // Columns of the current row, from 0. Views live until the next `next` or `reset`.
  std::int64_t integer(int column) const;
  std::string_view bytes(int column) const;
  bool is_null(int column) const;

 private:
  void bind(int index, std::int64_t value);
  void bind(int index, std::uint64_t value) { bind(index, static_cast<std::int64_t>(value)); }
  void bind(int index, std::string_view text);
  void bind(int index, Blob blob);

  struct Finalize {
    void operator()(sqlite3_stmt* handle) const;
  };
  Database& database_;
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

// BEGIN IMMEDIATE; rolled back unless committed.
class Transaction {
 public:
  explicit Transaction(Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  // True when every step since the beginning has worked and the commit is on the disk. A failure is
  // the database's; `was_committing` tells whether it came from COMMIT itself.
  bool commit();
  bool was_committing() const { return was_committing_; }

 private:
  Database& database_;
  bool is_open_ = false;
  bool was_committing_ = false;
};

}  // namespace qnzs::store
