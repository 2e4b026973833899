#pragma once

#include "schema/error.hpp"

#include <chrono>
#include <cstddef>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace qnzs::runtime {

struct CommandLimits {
  std::chrono::milliseconds time_max{10'000};
  std::size_t output_bytes_max = 4096;  // what is beyond is read and thrown away
};

struct CommandEnd {
  int code = 0;        // exit code, or 128 + the signal that ended it
  std::string output;  // standard output and error together
};

// Runs a program with these arguments (the first is its absolute path; no shell), `input` as its
// standard input, in a process group of its own without our descriptors. Blocking; any thread. When
// the time is over or `stopping` says so, the whole group is killed. Faults: late (killed),
// internal (cannot be started).
schema::Result<CommandEnd> run_command(const std::vector<std::string>& arguments,
                                       std::string_view input, const CommandLimits& limits,
                                       const std::stop_token& stopping);

}  // namespace qnzs::runtime
