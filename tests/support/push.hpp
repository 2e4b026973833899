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

// A text from a person of its own for each `id`; the same id is the platform's repeat.
simulator::WechatPush text_push(std::int64_t id);
// One push to /wechat/safe. The answer's status, 0 when there is none.
int push(const GatewayProcess& gateway, const simulator::WechatPush& push,
         simulator::Corruption corruption = simulator::Corruption::none);
int push(const GatewayProcess& gateway, std::int64_t id,
         simulator::Corruption corruption = simulator::Corruption::none);

// Letters and digits that no compression makes shorter by much.
std::string incompressible(std::size_t size);

// What a read_committed consumer finds on a topic from its beginning: once there are `count`
// records and nothing more for a second, or what there is after half a minute.
std::vector<kafka::ConsumedRecord> records(const config::KafkaSettings& kafka, schema::Topic topic,
                                           std::size_t count);

}  // namespace qnzs::tests
