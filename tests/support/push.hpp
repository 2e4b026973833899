#pragma once

#include "gateway/kafka/consumer.hpp"
#include "schema/topics.hpp"
#include "tests/support/gateway_process.hpp"
#include "tools/simulator/wechat.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace qnzs::tests {

inline const std::string planted_text = "PLANTED-MESSAGE-TEXT";

// One text push to /wechat/safe, from a person of its own for each `id`; the same id is the
// platform's repeat. The answer's status, 0 when there is none.
int push(const GatewayProcess& gateway, std::int64_t id,
         simulator::Corruption corruption = simulator::Corruption::none);

// What a read_committed consumer finds on a topic from its beginning: once there are `count`
// records and nothing more for a second, or what there is after half a minute.
std::vector<kafka::ConsumedRecord> records(const config::KafkaSettings& kafka, schema::Topic topic,
                                           std::size_t count);

}  // namespace qnzs::tests
