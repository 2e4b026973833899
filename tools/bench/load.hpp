#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

// The load of tools/bench: ready-made HTTP requests over keep-alive connections, from one thread
// that costs little, since it shares the machine with what it measures.
namespace qnzs::bench {

struct LoadPlan {
  std::uint16_t port = 0;  // on 127.0.0.1
  std::size_t connections = 64;
  // Requests a second, each sent at its own time whatever the answers do (open loop); 0: each
  // connection sends when it is answered (closed loop).
  double rate = 0;
  std::vector<std::string> requests;  // whole, each sent once, in order
};

struct LoadResult {
  double seconds = 0;
  std::size_t succeeded = 0;  // answered 200 "success"
  std::size_t failed = 0;     // answered anything else, or not at all
  // Milliseconds from the time at which a request was to be sent (not from when it was, which would
  // hide a server that makes the sender wait) to its whole answer; sorted.
  std::vector<double> latencies_ms;
};

// Sends everything and waits for the answers, at most `patience` without any progress. Throws
// std::runtime_error when it cannot connect.
LoadResult run_load(const LoadPlan& plan, std::chrono::seconds patience);

}  // namespace qnzs::bench
