#pragma once

#include "gateway/kafka/consumer.hpp"
#include "tools/cli/replay_selection.hpp"

#include <array>
#include <cstddef>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

namespace qnzs::cli {

// Counts what becomes of the records of a replay, with some ids of each for people. Not
// thread-safe.
class ReplayTally {
 public:
  void add(const kafka::ConsumedRecord& record, const Judged& judged);
  // In Chinese, a line for each fate that has occurred.
  void tell(std::ostream& out) const;

 private:
  struct Line {
    std::size_t count = 0;
    std::vector<std::string> ids;
  };
  std::array<Line, fate_count> lines_;  // by Fate
  std::map<std::string, std::size_t> why_;
  std::size_t records_ = 0;
};

}  // namespace qnzs::cli
