#pragma once

#include "config/gateway.hpp"
#include "gateway/kafka/topics.hpp"

#include <cstdint>
#include <string>

// What an administrator does to a Kafka while the gateway works on it. Each call throws
// std::runtime_error with the broker's words when it fails.
namespace qnzs::tests {

// A topic whose partitions all live on one broker.
void make_topic_on(std::int32_t broker, const config::KafkaSettings& kafka,
                   const kafka::TopicPlan& plan);

// Kafka's own topic of transactions: its broker is the transaction coordinator.
kafka::TopicPlan transaction_states();

void delete_topic(const config::KafkaSettings& kafka, const std::string& name);

// Sets one property of the topic; the others go back to the broker's defaults.
void set_topic_config(const config::KafkaSettings& kafka, const std::string& topic,
                      const std::string& name, const std::string& value);

// Takes from `user` the right to write to the topic, and gives it back.
void revoke_writing(const config::KafkaSettings& kafka, const std::string& user,
                    const std::string& topic);
void give_writing_back(const config::KafkaSettings& kafka, const std::string& user,
                       const std::string& topic);

}  // namespace qnzs::tests
