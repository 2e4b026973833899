#pragma once

#include <atomic>

namespace qnzs::ingest::test {

// A SQLite file system that fails on demand and otherwise is the default one. Registered at first
// use; the switches are for all its files.
struct FaultyVfs {
  static constexpr const char* name = "qnzs-faulty";
  std::atomic<bool> fails_sync{false};       // fsync: SQLITE_IOERR_FSYNC
  std::atomic<bool> is_full{false};          // writes: SQLITE_FULL, as for ENOSPC
  std::atomic<bool> fails_write{false};      // writes: SQLITE_IOERR_WRITE
  std::atomic<bool> is_corrupt{false};       // writes: SQLITE_CORRUPT
  std::atomic<bool> fails_lock{false};       // before any write: SQLITE_IOERR_SHMLOCK
  std::atomic<bool> has_no_memory{false};    // writes: SQLITE_NOMEM
  std::atomic<bool> reads_short{false};      // reads: SQLITE_IOERR_READ
  std::atomic<bool> opens_read_only{false};  // opening for writing gives a read-only file
  std::atomic<int> syncs{0};
};

// All switches off.
FaultyVfs& faulty_vfs();

}  // namespace qnzs::ingest::test
