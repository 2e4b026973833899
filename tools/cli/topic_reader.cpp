#include "tools/cli/topic_reader.hpp"

#include <utility>

namespace qnzs::cli {
namespace {

constexpr std::chrono::milliseconds question_time{10'000};

}  // namespace

TopicReader::TopicReader(kafka::Consumer consumer, const std::vector<kafka::TopicOffset>& ends)
    : consumer_(std::move(consumer)) {
  for (const auto& end : ends) {
    if (end.offset > 0) ends_.emplace(end.partition, end.offset);
  }
}

schema::Result<TopicReader> TopicReader::open(const config::KafkaSettings& kafka,
                                              const std::string& topic,
                                              std::optional<std::int64_t> from_ms) {
  kafka::ConsumerOptions how;
  how.from_ms = from_ms;
  kafka::Consumer consumer(kafka, how);
  const auto ends = consumer.ends(topic, question_time);
  if (!ends) return std::unexpected(ends.error());
  if (auto started = consumer.start({topic}, question_time); !started)
    return std::unexpected(started.error());
  return TopicReader(std::move(consumer), *ends);
}

schema::Result<std::vector<kafka::ConsumedRecord>> TopicReader::next(
    std::size_t records_max, std::chrono::milliseconds time_max) {
  auto batch = consumer_.next(records_max, time_max);
  if (!batch) return std::unexpected(batch.error());
  std::erase_if(batch->records, [this](const kafka::ConsumedRecord& record) {
    const auto end = ends_.find(record.partition);
    if (end == ends_.end()) return true;
    const bool is_beyond = record.offset >= end->second;
    if (record.offset + 1 >= end->second) ends_.erase(end);
    return is_beyond;
  });
  for (const auto& met : batch->ends) {
    const auto end = ends_.find(met.partition);
    if (end != ends_.end() && met.offset >= end->second) ends_.erase(end);
  }
  return std::move(batch->records);
}

std::string header_of(const kafka::ConsumedRecord& record, std::string_view name) {
  for (const auto& [key, value] : record.headers) {
    if (key == name) return value;
  }
  return {};
}

}  // namespace qnzs::cli
