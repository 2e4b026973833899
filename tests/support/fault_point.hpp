#pragma once

#include "tests/support/temporary_folder.hpp"

#include <chrono>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

// What the library of tests/preload makes happen inside a gateway: the environment to start it
// with.
namespace qnzs::tests {

// A place in the gateway's work at which it is killed, or stopped as by SIGSTOP:
//   stored_unanswered   the journal's commit has returned, the platform has no answer
//   transaction_open    Kafka has the records, the transaction is neither committed nor aborted
//   committed_unmarked  the transaction is committed, the journal does not know it
//   in_checkpoint       some pages of the log are in the file, others are not
class FaultPoint {
 public:
  enum class Action : std::uint8_t { kill, stop };
  // At the `nth` time that the place is reached.
  FaultPoint(std::string name, int nth, Action action = Action::kill)
      : environment_{std::string("LD_PRELOAD=") + QNZS_PRELOAD, "QNZS_FAULT_POINT=" + name,
                     "QNZS_FAULT_NTH=" + std::to_string(nth),
                     "QNZS_FAULT_TOLD=" + folder_.file("told"),
                     std::string("QNZS_FAULT_SIGNAL=") +
                         (action == Action::stop ? "STOP" : "KILL")},
        name_(std::move(name)) {}

  const std::vector<std::string>& environment() const { return environment_; }
  // The gateway was there.
  bool was_reached() const {
    std::ostringstream told;
    told << std::ifstream(folder_.file("told")).rdbuf();
    return told.str() == name_;
  }

 private:
  TemporaryFolder folder_;
  std::vector<std::string> environment_;
  std::string name_;
};

// The wall clock of a gateway; zero = right. Not under ThreadSanitizer, which waits by the clock
// that is preloaded.
class FalseClock {
 public:
#if __has_feature(thread_sanitizer)
  static constexpr bool is_possible = false;
#else
  static constexpr bool is_possible = true;
#endif
  FalseClock() { set(std::chrono::seconds(0)); }
  void set(std::chrono::nanoseconds ahead) const {
    const std::int64_t offset = ahead.count();
    std::fstream file(folder_.file("clock"), std::ios::binary | std::ios::in | std::ios::out);
    if (!file) file.open(folder_.file("clock"), std::ios::binary | std::ios::out);
    file.write(reinterpret_cast<const char*>(&offset), sizeof offset);
  }
  std::vector<std::string> environment() const {
    return {"LD_PRELOAD=" QNZS_PRELOAD, "QNZS_CLOCK_FILE=" + folder_.file("clock")};
  }

 private:
  TemporaryFolder folder_;
};

}  // namespace qnzs::tests
