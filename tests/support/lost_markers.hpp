#pragma once

#include "config/gateway.hpp"

#include <cstddef>
#include <set>
#include <string>

namespace qnzs::tests {

// Takes the last transaction marker off the partitions of a stopped broker, as if the coordinator
// had left them out: it remembers the transaction as ended, and they wait for its end for ever.
// Of the partitions named "messages-2", "positions-0" and so on, without prefix and version; all of
// the gateway's when none is named. Only partitions whose log ends with a marker; how many it were.
// `data` is the broker's folder. Throws std::runtime_error when a log cannot be read.
std::size_t lose_markers(const std::string& data, const config::KafkaSettings& kafka,
                         const std::set<std::string>& partitions = {});

}  // namespace qnzs::tests
