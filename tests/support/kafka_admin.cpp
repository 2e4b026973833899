#include "tests/support/kafka_admin.hpp"

#include "gateway/kafka/client_conf.hpp"

#include <librdkafka/rdkafka.h>

#include <array>
#include <functional>
#include <stdexcept>

namespace qnzs::tests {
namespace {

constexpr int time_ms_max = 20'000;

// One request of the admin API and its answer.
void ask(const config::KafkaSettings& settings,
         const std::function<void(rd_kafka_t*, rd_kafka_queue_t*)>& request) {
  kafka::Troubles troubles;
  const auto client =
      kafka::make_client(kafka::ClientKind::producer, kafka::client_conf(settings, troubles));
  const kafka::QueueHandle queue(rd_kafka_queue_new(client.get()));
  request(client.get(), queue.get());
  auto* event = rd_kafka_queue_poll(queue.get(), time_ms_max);
  const auto* said = event == nullptr ? "no answer" : rd_kafka_event_error_string(event);
  const bool is_done =
      event != nullptr && rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR;
  const std::string words = said == nullptr ? "" : said;
  rd_kafka_event_destroy(event);
  if (!is_done) throw std::runtime_error("Kafka's administrator: " + words);
}

// The binding and the filter of the admin API are one type.
rd_kafka_AclBinding_t* no_writing(const std::string& user, const std::string& topic) {
  std::array<char, 256> text{};
  const auto principal = "User:" + user;
  auto* binding = rd_kafka_AclBinding_new(
      RD_KAFKA_RESOURCE_TOPIC, topic.c_str(), RD_KAFKA_RESOURCE_PATTERN_LITERAL, principal.c_str(),
      "*", RD_KAFKA_ACL_OPERATION_WRITE, RD_KAFKA_ACL_PERMISSION_TYPE_DENY, text.data(),
      text.size());
  if (binding == nullptr) throw std::runtime_error(text.data());
  return binding;
}

}  // namespace

void make_topic_on(std::int32_t broker, const config::KafkaSettings& kafka,
                   const kafka::TopicPlan& plan) {
  std::array<char, 256> text{};
  auto* topic =
      rd_kafka_NewTopic_new(plan.name.c_str(), plan.partitions, -1, text.data(), text.size());
  for (std::int32_t partition = 0; partition < plan.partitions; ++partition)
    rd_kafka_NewTopic_set_replica_assignment(topic, partition, &broker, 1, text.data(),
                                             text.size());
  for (const auto& [name, value] : plan.configs)
    rd_kafka_NewTopic_set_config(topic, name.c_str(), value.c_str());
  ask(kafka,
      [&](auto* client, auto* queue) { rd_kafka_CreateTopics(client, &topic, 1, nullptr, queue); });
  rd_kafka_NewTopic_destroy(topic);
}

kafka::TopicPlan transaction_states() {
  kafka::TopicPlan states;
  states.name = "__transaction_state";
  states.partitions = 4;
  states.configs["cleanup.policy"] = "compact";
  return states;
}

void delete_topic(const config::KafkaSettings& kafka, const std::string& name) {
  auto* topic = rd_kafka_DeleteTopic_new(name.c_str());
  ask(kafka,
      [&](auto* client, auto* queue) { rd_kafka_DeleteTopics(client, &topic, 1, nullptr, queue); });
  rd_kafka_DeleteTopic_destroy(topic);
}

void set_topic_config(const config::KafkaSettings& kafka, const std::string& topic,
                      const std::string& name, const std::string& value) {
  auto* resource = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic.c_str());
  rd_kafka_ConfigResource_set_config(resource, name.c_str(), value.c_str());
  ask(kafka, [&](auto* client, auto* queue) {
    rd_kafka_AlterConfigs(client, &resource, 1, nullptr, queue);
  });
  rd_kafka_ConfigResource_destroy(resource);
}

void revoke_writing(const config::KafkaSettings& kafka, const std::string& user,
                    const std::string& topic) {
  auto* binding = no_writing(user, topic);
  ask(kafka,
      [&](auto* client, auto* queue) { rd_kafka_CreateAcls(client, &binding, 1, nullptr, queue); });
  rd_kafka_AclBinding_destroy(binding);
}

void give_writing_back(const config::KafkaSettings& kafka, const std::string& user,
                       const std::string& topic) {
  auto* binding = no_writing(user, topic);
  ask(kafka,
      [&](auto* client, auto* queue) { rd_kafka_DeleteAcls(client, &binding, 1, nullptr, queue); });
  rd_kafka_AclBinding_destroy(binding);
}

}  // namespace qnzs::tests
