#pragma once

#include "config/gateway.hpp"

#include <cstddef>
#include <string>

namespace qnzs::tests {

// Where the ends of transactions are lost.
enum class LostOn { everywhere, positions, one_messages_partition };

// Takes the last transaction marker off the partitions of a stopped broker, as if the coordinator
// had left them out: it remembers the transaction as ended, and they wait for its end for ever.
// Of the gateway's partitions whose log ends with a marker (`one_messages_partition`: the first of
// them). Returns how many it were. `data` is the broker's folder. Throws std::runtime_error
// when a log cannot be read.
std::size_t lose_markers(const std::string& data, const config::KafkaSettings& kafka, LostOn where);

// Aborts a transaction of the journal `test` in every partition that a gateway writes to, as the
// coordinator does by itself with one that nobody ends: it is taken for the ends that were lost.
// Fences the gateway. Throws std::runtime_error when Kafka refuses.
void abort_everywhere(const config::KafkaSettings& kafka);

}  // namespace qnzs::tests
