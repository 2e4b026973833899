#include "gateway/kafka/consumer.hpp"

#include "gateway/kafka/client_conf.hpp"
#include "gateway/kafka/handles.hpp"

#include <librdkafka/rdkafka.h>

#include <algorithm>

namespace qnzs::kafka {
namespace {

using PartitionList = std::unique_ptr<rd_kafka_topic_partition_list_t,
                                      decltype([](rd_kafka_topic_partition_list_t* list) {
                                        rd_kafka_topic_partition_list_destroy(list);
                                      })>;
using Metadata =
    std::unique_ptr<const rd_kafka_metadata_t, decltype([](const rd_kafka_metadata_t* data) {
                      rd_kafka_metadata_destroy(data);
                    })>;

ConfHandle consumer_conf(const config::KafkaSettings& settings, const ConsumerOptions& options,
                         Troubles& troubles) {
  auto conf = client_conf(settings, troubles);
  set(conf.get(), "isolation.level",
      options.read_committed ? "read_committed" : "read_uncommitted");
  set(conf.get(), "enable.partition.eof", "true");
  set(conf.get(), "enable.auto.commit", "false");
  set(conf.get(), "enable.auto.offset.store", "false");
  set(conf.get(), "auto.offset.reset", options.from_beginning ? "earliest" : "latest");
  set(conf.get(), "fetch.wait.max.ms", "100");
  // As fetched, so compressed; the library's own 50 MiB at once became 600 MiB of memory.
  set(conf.get(), "fetch.max.bytes", "1048576");
  set(conf.get(), "fetch.message.max.bytes", "262144");  // from one partition
  set(conf.get(), "queued.max.messages.kbytes", "8192");
  set(conf.get(), "topic.metadata.refresh.interval.ms", "10000");
  // The library wants a name even where no group is joined.
  set(conf.get(), "group.id", options.group.empty() ? "qnzs-none" : options.group);
  if (!options.group.empty())
    set(conf.get(), "partition.assignment.strategy", "cooperative-sticky");
  return conf;
}

std::string text_of(const void* data, std::size_t size) {
  return {static_cast<const char*>(data), size};
}

ConsumedRecord record_of(const rd_kafka_message_t& message) {
  ConsumedRecord record{.topic = rd_kafka_topic_name(message.rkt),
                        .partition = message.partition,
                        .offset = message.offset,
                        .timestamp_ms = rd_kafka_message_timestamp(&message, nullptr),
                        .key = {},
                        .value = {},
                        .headers = {}};
  if (message.key != nullptr) record.key = text_of(message.key, message.key_len);
  if (message.payload != nullptr) record.value = text_of(message.payload, message.len);
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0; rd_kafka_header_get_all(headers, i, &name, &value, &size) == 0; ++i) {
      record.headers.emplace_back(name, text_of(value, size));
    }
  }
  return record;
}

}  // namespace

std::string header_of(const ConsumedRecord& record, std::string_view name) {
  for (const auto& [key, value] : record.headers) {
    if (key == name) return value;
  }
  return {};
}

struct Consumer::Impl {
  Impl(const config::KafkaSettings& settings, ConsumerOptions given)
      : options(std::move(given)),
        client(make_client(ClientKind::consumer, consumer_conf(settings, options, troubles))) {
    rd_kafka_poll_set_consumer(client.get());
  }

  schema::Error error(int code) const {
    const auto found = troubles.explain(
        classify({.code = code}, rd_kafka_err2str(static_cast<rd_kafka_resp_err_t>(code))));
    const bool is_away = found.cause == Cause::broker_away || found.cause == Cause::topic_missing;
    if (found.cause == Cause::not_authorised) return {schema::Fault::forbidden, found.reason};
    return {is_away ? schema::Fault::busy : schema::Fault::internal, found.reason};
  }

  schema::Result<std::int32_t> partition_count(const std::string& name, const Patience& patience) {
    const TopicHandle topic(rd_kafka_topic_new(client.get(), name.c_str(), nullptr));
    const rd_kafka_metadata_t* raw = nullptr;
    const auto code = ask_in_pieces(patience, [&](int time_ms) {
      return rd_kafka_metadata(client.get(), 0, topic.get(), &raw, time_ms);
    });
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return std::unexpected(error(code));
    const Metadata metadata(raw);
    if (metadata->topic_cnt != 1) return schema::fail(schema::Fault::busy, "no metadata: " + name);
    if (metadata->topics[0].err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return std::unexpected(error(metadata->topics[0].err));
    }
    return metadata->topics[0].partition_cnt;
  }

  schema::Result<void> assign(const std::vector<std::string>& topics, const Patience& patience) {
    const PartitionList list(rd_kafka_topic_partition_list_new(8));
    for (const auto& topic : topics) {
      const auto count = partition_count(topic, patience);
      if (!count) return std::unexpected(count.error());
      for (std::int32_t partition = 0; partition < *count; ++partition) {
        rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition)->offset =
            options.from_ms          ? *options.from_ms
            : options.from_beginning ? RD_KAFKA_OFFSET_BEGINNING
                                     : RD_KAFKA_OFFSET_END;
      }
    }
    if (options.from_ms) {
      const int code = ask_in_pieces(patience, [&](int time_ms) -> int {
        return rd_kafka_offsets_for_times(client.get(), list.get(), time_ms);
      });
      if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return std::unexpected(error(code));
    }
    if (const auto code = rd_kafka_assign(client.get(), list.get()))
      return std::unexpected(error(code));
    return {};
  }

  void take(const rd_kafka_message_t& message, ConsumedBatch& batch, rd_kafka_resp_err_t& failure) {
    if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      batch.records.push_back(record_of(message));
    } else if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      batch.ends.push_back({rd_kafka_topic_name(message.rkt), message.partition, message.offset});
    } else {
      failure = message.err;
    }
  }

  // The offsets behind what was given: what `commit` says.
  void remember(const ConsumedBatch& batch) {
    if (options.group.empty()) return;
    for (const auto& record : batch.records) {
      auto* known =
          rd_kafka_topic_partition_list_find(done.get(), record.topic.c_str(), record.partition);
      if (known == nullptr) {
        known =
            rd_kafka_topic_partition_list_add(done.get(), record.topic.c_str(), record.partition);
      }
      known->offset = record.offset + 1;
    }
  }

  const ConsumerOptions options;
  Troubles troubles;  // outlives the client
  ClientHandle client;
  PartitionList done{rd_kafka_topic_partition_list_new(8)};
};

Consumer::Consumer(const config::KafkaSettings& settings, const ConsumerOptions& options)
    : impl_(std::make_unique<Impl>(settings, options)) {}

Consumer::Consumer(Consumer&&) noexcept = default;

Consumer::~Consumer() {
  if (impl_ && !impl_->options.group.empty()) rd_kafka_consumer_close(impl_->client.get());
}

schema::Result<void> Consumer::start(const std::vector<std::string>& topics,
                                     const Patience& patience) {
  if (impl_->options.group.empty()) return impl_->assign(topics, patience);
  const PartitionList list(rd_kafka_topic_partition_list_new(8));
  for (const auto& topic : topics) {
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  }
  if (const auto code = rd_kafka_subscribe(impl_->client.get(), list.get())) {
    return std::unexpected(impl_->error(code));
  }
  return {};
}

schema::Result<void> Consumer::start_at(const std::vector<TopicOffset>& places) {
  const PartitionList list(rd_kafka_topic_partition_list_new(8));
  for (const auto& place : places) {
    rd_kafka_topic_partition_list_add(list.get(), place.topic.c_str(), place.partition)->offset =
        place.offset == 0 ? RD_KAFKA_OFFSET_BEGINNING : place.offset;
  }
  if (const auto code = rd_kafka_assign(impl_->client.get(), list.get()))
    return std::unexpected(impl_->error(code));
  return {};
}

schema::Result<ConsumedBatch> Consumer::next(std::size_t records_max,
                                             std::chrono::milliseconds time_max) {
  ConsumedBatch batch;
  rd_kafka_resp_err_t failure = RD_KAFKA_RESP_ERR_NO_ERROR;
  auto wait_ms = static_cast<int>(time_max.count());
  while (batch.records.size() < records_max) {
    rd_kafka_message_t* message = rd_kafka_consumer_poll(impl_->client.get(), wait_ms);
    if (message == nullptr) break;
    impl_->take(*message, batch, failure);
    rd_kafka_message_destroy(message);
    wait_ms = 0;  // only the first is waited for
  }
  impl_->remember(batch);
  const bool is_nothing = batch.records.empty() && batch.ends.empty();
  if (is_nothing && failure != RD_KAFKA_RESP_ERR_NO_ERROR)
    return std::unexpected(impl_->error(failure));
  return batch;
}

schema::Result<std::vector<TopicOffset>> Consumer::ends(const std::string& topic,
                                                        const Patience& patience) {
  const auto count = impl_->partition_count(topic, patience);
  if (!count) return std::unexpected(count.error());
  std::vector<TopicOffset> ends;
  for (std::int32_t partition = 0; partition < *count; ++partition) {
    std::int64_t low = 0;
    std::int64_t high = 0;
    const auto code = ask_in_pieces(patience, [&](int time_ms) {
      return rd_kafka_query_watermark_offsets(impl_->client.get(), topic.c_str(), partition, &low,
                                              &high, time_ms);
    });
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return std::unexpected(impl_->error(code));
    ends.push_back({topic, partition, high});
  }
  return ends;
}

schema::Result<void> Consumer::commit() {
  if (impl_->done->cnt == 0) return {};
  if (const auto code = rd_kafka_commit(impl_->client.get(), impl_->done.get(), 0)) {
    return std::unexpected(impl_->error(code));
  }
  return {};
}

}  // namespace qnzs::kafka
