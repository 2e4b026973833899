#pragma once

#include "gateway/ingest/journal.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <limits>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace qnzs::ingest {

using Instant = std::chrono::sys_time<std::chrono::milliseconds>;

// What the journal's one row says.
struct Progress {
  Sums sums;
  std::uint64_t last = 0;      // greatest sequence given
  std::uint64_t position = 0;  // everything up to here is published
  bool operator==(const Progress&) const = default;
};

// What a group changes.
struct Change {
  Sums sums;                // differences, modulo 2^64: setting aside takes one from `queued`
  std::uint64_t last = 0;   // greatest sequence given, afterwards
  std::uint64_t first = 0;  // first sequence given; 0 = none
  std::uint64_t aside = 0;  // set aside with this group; 0 = none
};

// What operators read when the file itself is damaged, and what to do then.
std::string damage_text(std::string_view reason);

Progress operator+(Progress progress, const Change& change);

// One time the journal was opened: what was stored from then on.
struct Opening {
  std::uint64_t first_sequence = 0;
  std::string name;
};

// The journal's numbers in memory: ahead of the file by what was published or refused since the
// last transaction. Safe from any thread.
class Ledger {
 public:
  // `openings` in order, the present one last.
  void load(const Progress& progress, std::set<std::uint64_t> asides,
            std::vector<Opening> openings);
  // At start, for each queued entry in order; `age` by the wall clock, from then on by a steady
  // one.
  void load_queued(std::uint64_t sequence, std::chrono::milliseconds age);

  Progress progress() const;
  JournalStatus status() const;

  void committed(const Change& change);
  void refused(std::uint64_t callbacks = 1);
  void published(std::uint64_t sequence);
  // What is behind `after` may be read again, though published, until another `hold`.
  void hold(std::uint64_t after);
  // Sets the condition; true when it is another one than before. `failed` is for good: who measures
  // meanwhile does not know of it.
  bool become(JournalCondition condition, std::string explanation);
  JournalCondition condition() const;
  // What the journal's file and its disk are like, for the status.
  struct Room {
    std::uint64_t bytes = 0;
    double used_percent = 0;
    std::uint64_t disk_free_bytes = 0;
  };
  void measured(const Room& room);
  void damaged();  // one entry more

  std::uint64_t last() const;
  std::uint64_t last_at_open() const;
  std::uint64_t position() const;
  // Up to where bodies may go: published, and not held.
  std::uint64_t done_until() const;
  std::string opening_of(std::uint64_t sequence) const;  // its name; "" when it is not known
  bool wait_behind(std::uint64_t after, std::chrono::milliseconds time_max);
  void wake();

 private:
  using Clock = std::chrono::steady_clock;
  struct Second {
    std::uint64_t first_sequence = 0;
    Clock::time_point at;  // no jump of the wall clock may hide what waits
  };
  void note_queued(std::uint64_t sequence, Clock::time_point at);
  void forget_published();
  std::uint64_t last_readable() const;
  double drained_per_second(Clock::time_point now) const;

  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  bool is_woken_ = false;
  Progress progress_;
  std::set<std::uint64_t> asides_;  // beyond the position
  std::vector<Opening> openings_;   // in order
  std::deque<Second> seconds_;      // of what is queued: one for each second with an arrival
  JournalCondition condition_ = JournalCondition::accepting;
  std::string explanation_;
  Room room_;
  std::uint64_t damaged_ = 0;
  std::uint64_t last_at_open_ = 0;
  std::uint64_t held_after_ = std::numeric_limits<std::uint64_t>::max();  // nothing is held
  double drain_rate_ = 0;
  Clock::time_point drained_at_{};
};

}  // namespace qnzs::ingest
