#pragma once

#include "config/gateway.hpp"
#include "gateway/kafka/consumer.hpp"
#include "gateway/kafka/patience.hpp"
#include "schema/error.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace qnzs::kafka {

// A place by partition number; 0, the beginning, for a partition that has none. Pure.
std::int64_t place_in(const std::vector<std::int64_t>& places, std::int32_t partition);

// Gives the records of a topic up to where it ended when the reader was made; what is written later
// is not seen. One thread.
class TopicReader {
 public:
  // Transactions that are open when the reader is made: are they waited for, or does each partition
  // end before its first one, or is all that was ever written read, aborted or not?
  enum class Open : std::uint8_t { waited_for, left_out, read_too };

  // What is committed, from the records of that time (milliseconds since 1970) on, or from the
  // beginning. Blocking. Faults as of Consumer::ends and Consumer::start.
  static schema::Result<TopicReader> open(const config::KafkaSettings& settings,
                                          const std::string& topic, const Patience& patience,
                                          std::optional<std::int64_t> from_ms = {},
                                          Open open = Open::waited_for);

  // What is committed behind these places, by partition number (a partition that is not named, and
  // one that ends before its place, from its beginning), each to before its first open transaction.
  // Faults as of Consumer::ends and Consumer::start_at.
  static schema::Result<TopicReader> behind(const config::KafkaSettings& settings,
                                            const std::string& topic,
                                            const std::vector<std::int64_t>& places,
                                            const Patience& patience);

  // Everything, committed or not, of partitions of one topic: each from its place in `begins` to
  // its place in `ends`. Faults as of Consumer::start_at.
  static schema::Result<TopicReader> between(const config::KafkaSettings& settings,
                                             const std::vector<TopicOffset>& begins,
                                             const std::vector<TopicOffset>& ends);

  // What has come, in the order of each partition; waits up to `time_max` for the first.
  schema::Result<std::vector<ConsumedRecord>> next(std::size_t records_max,
                                                   std::chrono::milliseconds time_max);
  bool is_over() const { return ends_.empty(); }
  void stop() { ends_.clear(); }  // is over from now on

 private:
  TopicReader(Consumer consumer, const std::vector<TopicOffset>& ends);

  Consumer consumer_;
  std::map<std::int32_t, std::int64_t> ends_;  // of the partitions that are not read to their end
};

}  // namespace qnzs::kafka
