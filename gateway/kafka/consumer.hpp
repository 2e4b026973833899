#pragma once

#include "config/gateway.hpp"
#include "gateway/kafka/patience.hpp"
#include "schema/error.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace qnzs::kafka {

struct ConsumedRecord {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = 0;  // since 1970; -1 unknown
  std::optional<std::string> key, value;
  std::vector<std::pair<std::string, std::string>> headers;
};

// The value of a header; empty when there is none.
std::string header_of(const ConsumedRecord& record, std::string_view name);

// A place in a partition.
struct TopicOffset {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
};

struct ConsumedBatch {
  std::vector<ConsumedRecord> records;
  std::vector<TopicOffset> ends;  // partitions whose end was met, with the next offset
};

struct ConsumerOptions {
  bool read_committed = true;
  bool from_beginning = true;             // else only what comes from now on
  std::optional<std::int64_t> from_ms{};  // without a group: what has this timestamp or a later one
  std::string group{};  // empty: all partitions of the topics, no group, no commits
};

// A plain consumer; commits nothing by itself. One thread uses it. Faults: busy (Kafka is away,
// retry), forbidden, internal.
class Consumer {
 public:
  // Throws std::invalid_argument or std::runtime_error when the settings cannot make a client.
  Consumer(const config::KafkaSettings& settings, const ConsumerOptions& options);
  ~Consumer();
  Consumer(Consumer&&) noexcept;

  // Starts reading. Without a group it asks for the topics' partitions first and may fail.
  schema::Result<void> start(const std::vector<std::string>& topics, const Patience& patience);

  // Starts reading these partitions from these offsets (0: from where they begin). Without a group
  // only.
  schema::Result<void> start_at(const std::vector<TopicOffset>& places);

  // What has come, at most `records_max`; waits up to `time_max` for the first. Broken connections
  // are mended by the library underneath; what it says then is in the error only if nothing has
  // come.
  schema::Result<ConsumedBatch> next(std::size_t records_max, std::chrono::milliseconds time_max);

  // Where each partition of the topic ends: with read_committed before the first open transaction.
  schema::Result<std::vector<TopicOffset>> ends(const std::string& topic, const Patience& patience);

  // Groups only: everything `next` has given is done. Blocking.
  schema::Result<void> commit();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace qnzs::kafka
