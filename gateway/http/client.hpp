#pragma once

#include "adapters/http.hpp"
#include "schema/error.hpp"

#include <chrono>
#include <cstddef>
#include <stop_token>
#include <string>

namespace qnzs::http {

struct CallLimits {
  std::chrono::milliseconds time_max{5'000};
  std::size_t answer_bytes_max = 64 * 1024;
  std::string ca_file{};  // PEM; empty = the system's authorities
};

// Makes one call over http:// or https:// and returns the answer, whatever its status; redirects
// are not followed. Blocking, for a thread that may wait: at most `time_max` (and the resolver's
// own time for a name), or until `stopping` says so. Faults: malformed (no such URL; a method or
// header that holds what HTTP does not allow there, such as a line end: nothing is sent), late,
// too_large, internal (no connection, certificate refused…).
schema::Result<adapters::HttpReply> execute(const adapters::HttpCall& call,
                                            const CallLimits& limits,
                                            const std::stop_token& stopping);

}  // namespace qnzs::http
