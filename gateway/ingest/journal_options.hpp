#pragma once

#include "config/gateway.hpp"
#include "gateway/ingest/journal.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace qnzs::ingest {

// Called on the journal's own thread; must not block.
struct JournalObserver {
  // A group was committed: how many entries it stored, how long its transaction took.
  std::function<void(std::size_t entries, std::chrono::duration<double> commit)> committed;
  // The thread has woken up: for work, for a tick or to stop.
  std::function<void()> woken;
};

// What the composition root and tests choose beyond the configuration. The defaults are
// production's.
struct JournalOptions {
  JournalObserver observer;
  // A failed fsync: what is on the disk is unknown, so the process must end and nothing may be
  // answered. Default: logs `reason` as an error and ends the process with exit code 70.
  std::function<void(std::string_view reason)> on_fatal;
  std::function<std::chrono::sys_time<std::chrono::milliseconds>()>
      now;  // default: the system's clock
  // How far the journal lets that clock differ from the time that has passed since the start: one
  // that jumps, either way, must not make ids be forgotten, or repeats would become messages.
  std::chrono::milliseconds clock_jump_max{std::chrono::hours{1}};
  std::string vfs;                      // SQLite's file system by name; empty = its default
  std::size_t checkpoint_pages = 1000;  // the log is copied into the file when it has so many pages
  std::chrono::milliseconds tick{200};  // size and disk are looked at, positions written, so often
  std::chrono::milliseconds sweep_pause{20};     // between two steps of expiry
  std::chrono::milliseconds sweep_rest{60'000};  // between two passes of expiry
};

// Opens the journal (makes it when there is none) and starts its thread. Blocking; about 0.2 s for
// each million of remembered ids. Throws std::runtime_error with a Chinese explanation: in use by
// another process, read-only, damaged, no SQLite file, made by a newer version, another journal_id,
// a seal key missing or wrong.
std::unique_ptr<Journal> open_journal(const config::JournalSettings& settings,
                                      std::span<const config::SealKeySettings> seal_keys,
                                      std::string journal_id, JournalOptions options = {});

}  // namespace qnzs::ingest
