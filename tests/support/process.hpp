#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace qnzs::tests {

// A child process of a test, named by its pid alone. Killed and reaped when the object dies.
class Process {
 public:
  // Starts `arguments` (the first is the program's path); both outputs are appended to `output`.
  // Throws std::runtime_error. `environment` is added to this process's own.
  Process(const std::vector<std::string>& arguments, const std::string& output,
          const std::vector<std::string>& environment = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number) const;
  // Exit code, or 128 + the signal that ended it; nothing when it still runs after `time_max`.
  std::optional<int> wait(std::chrono::milliseconds time_max);

 private:
  pid_t pid_ = -1;
  std::optional<int> code_;
};

}  // namespace qnzs::tests
