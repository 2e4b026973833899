#pragma once

#include "config/gateway.hpp"
#include "gateway/kafka/error.hpp"
#include "gateway/kafka/patience.hpp"
#include "schema/topics.hpp"

#include <cstdint>
#include <expected>
#include <map>
#include <string>
#include <vector>

namespace qnzs::kafka {

// What a topic of ours must be.
struct TopicPlan {
  std::string name;  // with the prefix
  std::int32_t partitions = 1;
  std::int16_t replication = 1;
  std::map<std::string, std::string> configs;  // broker's names and values
};
TopicPlan topic_plan(const config::KafkaSettings& settings, schema::Topic topic);

// What a topic is, as far as a plan speaks of it.
struct TopicFacts {
  std::int32_t partitions = 0;
  std::int16_t replication = 0;
  std::map<std::string, std::string> configs;
};
// One Chinese sentence for each difference that matters, with what to do. Pure.
std::vector<std::string> differences(const TopicPlan& plan, const TopicFacts& facts);

struct PreparedTopics {
  std::vector<schema::Topic> made;       // they were missing
  std::vector<std::string> differences;  // of the others from their plans; they change nothing
};

// Makes the topics that are missing (unless `create_topics` is false) and compares the others with
// their plans. Blocking, each request at most as long as `patience` says.
std::expected<PreparedTopics, KafkaError> prepare_topics(const config::KafkaSettings& settings,
                                                         const std::vector<schema::Topic>& topics,
                                                         const Patience& patience);

}  // namespace qnzs::kafka
