#pragma once

#include "tools/cli/gateway_url.hpp"

#include <httplib.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

namespace qnzs::cli {

// How many pushes, how fast, over how many connections, to whom.
struct PushPlan {
  GatewayUrl url;
  int count = 1;
  int rate = 0;  // a second in all; 0 = as fast as it goes
  int connections = 1;
  std::chrono::seconds answer_time_max{5};
};

// What became of them.
struct PushTally {
  std::size_t accepted = 0;
  std::size_t refused = 0;     // answered, but not as the platform wants it
  std::size_t unanswered = 0;  // closed, too late, or no connection
  std::vector<double> milliseconds;

  bool is_all_accepted() const { return refused + unanswered == 0; }
  void add(const PushTally& other);
};

// The pushes of one number, one after the other on one connection. Called by several threads.
using PushMaker = std::function<void(int number, httplib::ClientImpl& client, PushTally& tally)>;

// Calls `make` for the numbers 0 to count - 1, each connection on a thread of its own, and writes
// to `progress` once a second how far it is. Blocking. What a `make` throws ends the run and is
// thrown here.
PushTally run_pushes(const PushPlan& plan, const PushMaker& make, std::ostream& progress);

// One line in Chinese: how many, how they ended, p50 and p99 in milliseconds.
std::string summary_of(PushTally tally);

}  // namespace qnzs::cli
