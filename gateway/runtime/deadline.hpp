#pragma once

#include <chrono>

// Deadlines by the thousand, almost for nothing: arming one writes a time; a tick of the worker
// looks at all. Right for waits of a tenth of a second and more. Not thread-safe: each worker has
// its own list.
namespace qnzs::runtime {

class Deadlines;

// One wait that may run out. Links itself into its list for life; must not outlive it.
class Deadline {
 public:
  using Clock = std::chrono::steady_clock;
  explicit Deadline(Deadlines& list);
  virtual ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  // From now on at most `time`; replaces what was armed before.
  void arm(std::chrono::milliseconds time);
  void disarm() { at_ = Clock::time_point::max(); }

 protected:
  // The time is over. Disarmed already; may destroy this or other deadlines.
  virtual void expired() = 0;

 private:
  friend class Deadlines;
  Deadlines& list_;
  Deadline* previous_ = nullptr;
  Deadline* next_ = nullptr;
  Clock::time_point at_ = Clock::time_point::max();
};

class Deadlines {
 public:
  // Calls `expired` of each deadline that is over. The time that `arm` counts from is that of the
  // last tick or later, so a wait ends at most one tick late.
  void tick(Deadline::Clock::time_point now);

 private:
  friend class Deadline;
  Deadline* first_ = nullptr;
  Deadline* cursor_ = nullptr;  // the next one a running tick will look at
};

}  // namespace qnzs::runtime
