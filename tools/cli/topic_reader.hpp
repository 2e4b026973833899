#pragma once

#include "gateway/kafka/consumer.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace qnzs::cli {

// Reads a topic, committed records only, up to where it ends when the reader is made: what is
// written meanwhile is not seen. One thread.
class TopicReader {
 public:
  // From the record of that time on, or from the beginning. Blocking. Faults as of kafka::Consumer.
  static schema::Result<TopicReader> open(const config::KafkaSettings& kafka,
                                          const std::string& topic,
                                          std::optional<std::int64_t> from_ms = {});

  // What has come, in the order of each partition; waits up to `time_max` for the first.
  schema::Result<std::vector<kafka::ConsumedRecord>> next(std::size_t records_max,
                                                          std::chrono::milliseconds time_max);
  bool is_over() const { return ends_.empty(); }

 private:
  TopicReader(kafka::Consumer consumer, const std::vector<kafka::TopicOffset>& ends);

  kafka::Consumer consumer_;
  std::map<std::int32_t, std::int64_t> ends_;  // of the partitions that are not read to their end
};

// The value of a header; empty when there is none.
std::string header_of(const kafka::ConsumedRecord& record, std::string_view name);

}  // namespace qnzs::cli
