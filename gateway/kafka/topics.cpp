#include "gateway/kafka/topics.hpp"

#include "gateway/kafka/client_conf.hpp"
#include "gateway/kafka/handles.hpp"
#include "gateway/kafka/record.hpp"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <memory>
#include <span>

namespace qnzs::kafka {
namespace {

constexpr std::size_t batch_overhead_bytes = 64 * 1024;
constexpr std::int64_t hour_ms = 60LL * 60 * 1000;
constexpr std::int64_t day_ms = 24 * hour_ms;
constexpr std::int64_t positions_segment_bytes = 16LL * 1024 * 1024;

template <auto destroy>
struct With {
  void operator()(auto* object) const { destroy(object); }
};
using Event = std::unique_ptr<rd_kafka_event_t, With<rd_kafka_event_destroy>>;
using Options = std::unique_ptr<rd_kafka_AdminOptions_t, With<rd_kafka_AdminOptions_destroy>>;
using NewTopic = std::unique_ptr<rd_kafka_NewTopic_t, With<rd_kafka_NewTopic_destroy>>;
using ConfigResource =
    std::unique_ptr<rd_kafka_ConfigResource_t, With<rd_kafka_ConfigResource_destroy>>;

std::unexpected<KafkaError> failure(const Troubles& troubles, int code, std::string reason) {
  return std::unexpected(troubles.explain(classify({.code = code}, std::move(reason))));
}

// What the broker says against a topic as we want it is about the topic, not about a record.
std::unexpected<KafkaError> topic_refused(const Troubles& troubles, int code, std::string reason) {
  auto failed = failure(troubles, code, std::move(reason));
  auto& cause = failed.error().cause;
  if (cause == Cause::record_refused || cause == Cause::other) cause = Cause::topic_refused;
  return failed;
}

// A client for the length of one preparation.
class Preparation {
 public:
  Preparation(const config::KafkaSettings& settings, const Patience& patience)
      : client_(make_client(ClientKind::producer, client_conf(settings, troubles_))),
        queue_(rd_kafka_queue_new(client_.get())),
        patience_(patience) {}

  // What there is of that name; partitions 0 = there is none.
  std::expected<TopicFacts, KafkaError> look(const std::string& name) {
    const std::unique_ptr<rd_kafka_topic_t, Destroy> topic(
        rd_kafka_topic_new(client_.get(), name.c_str(), nullptr));
    const rd_kafka_metadata_t* found = nullptr;
    const auto code = ask_in_pieces(patience_, [&](int time_ms) {
      return rd_kafka_metadata(client_.get(), 0, topic.get(), &found, time_ms);
    });
    rd_kafka_poll(client_.get(), 0);  // lets the callbacks tell why
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
      return failure(troubles_, code, rd_kafka_err2str(static_cast<rd_kafka_resp_err_t>(code)));
    const std::unique_ptr<const rd_kafka_metadata_t, With<rd_kafka_metadata_destroy>> owner(found);
    const auto& facts = found->topics[0];
    if (facts.err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART) return TopicFacts{};
    if (facts.err != RD_KAFKA_RESP_ERR_NO_ERROR)
      return failure(troubles_, facts.err, name + ": " + rd_kafka_err2str(facts.err));
    const auto replicas = facts.partition_cnt > 0 ? facts.partitions[0].replica_cnt : 0;
    return TopicFacts{facts.partition_cnt, static_cast<std::int16_t>(replicas), {}};
  }

  std::expected<void, KafkaError> make(const TopicPlan& plan) {
    std::array<char, 512> text{};
    const NewTopic topic(rd_kafka_NewTopic_new(plan.name.c_str(), plan.partitions, plan.replication,
                                               text.data(), text.size()));
    if (!topic) return failure(troubles_, RD_KAFKA_RESP_ERR__INVALID_ARG, text.data());
    for (const auto& [name, value] : plan.configs)
      rd_kafka_NewTopic_set_config(topic.get(), name.c_str(), value.c_str());
    auto* request = topic.get();
    const auto options = options_for(RD_KAFKA_ADMIN_OP_CREATETOPICS);
    rd_kafka_CreateTopics(client_.get(), &request, 1, options.get(), queue_.get());
    const Event event = wait();
    if (!event) return failure(troubles_, RD_KAFKA_RESP_ERR__TIMED_OUT, "called off");
    if (const auto code = rd_kafka_event_error(event.get()))
      return topic_refused(troubles_, code, rd_kafka_event_error_string(event.get()));
    std::size_t count = 0;
    const auto* const* results = rd_kafka_CreateTopics_result_topics(
        rd_kafka_event_CreateTopics_result(event.get()), &count);
    for (const auto* result : std::span(results, count)) {
      const auto code = rd_kafka_topic_result_error(result);
      if (code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
        continue;
      const char* reason = rd_kafka_topic_result_error_string(result);
      return topic_refused(troubles_, code, plan.name + ": " + (reason != nullptr ? reason : ""));
    }
    return {};
  }

  std::expected<void, KafkaError> add_configs(const TopicPlan& plan, TopicFacts& facts) {
    const ConfigResource resource(
        rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, plan.name.c_str()));
    auto* request = resource.get();
    const auto options = options_for(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
    rd_kafka_DescribeConfigs(client_.get(), &request, 1, options.get(), queue_.get());
    const Event event = wait();
    if (!event) return failure(troubles_, RD_KAFKA_RESP_ERR__TIMED_OUT, "called off");
    if (const auto code = rd_kafka_event_error(event.get()))
      return failure(troubles_, code, rd_kafka_event_error_string(event.get()));
    std::size_t count = 0;
    const auto* const* resources = rd_kafka_DescribeConfigs_result_resources(
        rd_kafka_event_DescribeConfigs_result(event.get()), &count);
    for (const auto* found : std::span(resources, count)) {
      std::size_t entries = 0;
      const auto* const* configs = rd_kafka_ConfigResource_configs(found, &entries);
      for (const auto* entry : std::span(configs, entries)) {
        const char* value = rd_kafka_ConfigEntry_value(entry);
        if (value != nullptr) facts.configs[rd_kafka_ConfigEntry_name(entry)] = value;
      }
    }
    return {};
  }

 private:
  Options options_for(rd_kafka_admin_op_t operation) const {
    Options options(rd_kafka_AdminOptions_new(client_.get(), operation));
    std::array<char, 64> text{};
    rd_kafka_AdminOptions_set_request_timeout(
        options.get(), static_cast<int>(patience_.time_max().count()), text.data(), text.size());
    return options;
  }

  // The library answers every request, at the latest when its time is over. Null: called off.
  Event wait() {
    Event event;
    while (!event && !patience_.is_over()) event.reset(rd_kafka_queue_poll(queue_.get(), 100));
    return event;
  }

  Troubles troubles_;  // outlives the client
  ClientHandle client_;
  std::unique_ptr<rd_kafka_queue_t, Destroy> queue_;
  const Patience& patience_;
};

}  // namespace

TopicPlan topic_plan(const config::KafkaSettings& settings, schema::Topic topic) {
  TopicPlan plan;
  plan.name = topic_name(settings, topic);
  plan.replication = static_cast<std::int16_t>(settings.replication_factor);
  // One partition is plenty for one small record in each transaction, and quick to read at start.
  plan.partitions = topic == schema::Topic::journal_positions
                        ? 1
                        : static_cast<std::int32_t>(settings.partitions);
  const auto known = std::ranges::find(schema::topics, topic, &schema::TopicName::topic);
  plan.configs["min.insync.replicas"] = std::to_string(settings.min_insync_replicas);
  plan.configs["max.message.bytes"] = std::to_string(record_bytes_max + batch_overhead_bytes);
  // The broker's clock: with ours ahead it would refuse every record, with ours behind, or after a
  // long outage, it would soon delete them. Our time is in ce_time.
  plan.configs["message.timestamp.type"] = "LogAppendTime";
  plan.configs["cleanup.policy"] = known->is_compacted ? "compact" : "delete";
  if (known->is_compacted) {
    // The segment that is written to is never compacted, and every start reads it whole: Kafka's
    // defaults (1 GiB, 7 days) would let it grow beyond what can be read in time.
    plan.configs["segment.bytes"] = std::to_string(positions_segment_bytes);
    plan.configs["segment.ms"] = std::to_string(hour_ms);
    plan.configs["min.cleanable.dirty.ratio"] = "0.1";
  } else {
    const auto days = topic == schema::Topic::dead_letters ? settings.dead_letters_keep_days
                                                           : settings.messages_keep_days;
    plan.configs["retention.ms"] = std::to_string(days * day_ms);
  }
  return plan;
}

std::vector<std::string> differences(const TopicPlan& plan, const TopicFacts& facts) {
  std::vector<std::string> found;
  const auto note = [&](const std::string& what, const std::string& is, const std::string& wanted) {
    found.push_back("主题 " + plan.name + " 的 " + what + " 为 " + is + ",配置要求 " + wanted +
                    ";请修改主题或配置");
  };
  if (facts.partitions != plan.partitions)
    note("分区数", std::to_string(facts.partitions), std::to_string(plan.partitions));
  if (facts.replication != plan.replication)
    note("副本数", std::to_string(facts.replication), std::to_string(plan.replication));
  for (const auto& [name, wanted] : plan.configs) {
    const auto known = facts.configs.find(name);
    const std::string is = known == facts.configs.end() ? "(未知)" : known->second;
    if (is != wanted) note(name, is, wanted);
  }
  return found;
}

std::expected<PreparedTopics, KafkaError> prepare_topics(const config::KafkaSettings& settings,
                                                         const std::vector<schema::Topic>& topics,
                                                         const Patience& patience) {
  Preparation preparation(settings, patience);
  PreparedTopics prepared;
  for (const auto topic : topics) {
    const auto plan = topic_plan(settings, topic);
    auto facts = preparation.look(plan.name);
    if (!facts) return std::unexpected(std::move(facts.error()));
    if (facts->partitions == 0) {
      if (!settings.create_topics)
        return std::unexpected(
            classify({.code = RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART}, plan.name));
      if (auto made = preparation.make(plan); !made)
        return std::unexpected(std::move(made.error()));
      prepared.made.push_back(topic);
      continue;
    }
    if (auto added = preparation.add_configs(plan, *facts); !added)
      return std::unexpected(std::move(added.error()));
    std::ranges::move(differences(plan, *facts), std::back_inserter(prepared.differences));
  }
  return prepared;
}

}  // namespace qnzs::kafka
