#include "gateway/kafka/topic_reader.hpp"

#include <algorithm>
#include <utility>

namespace qnzs::kafka {

std::int64_t place_in(const std::vector<std::int64_t>& places, std::int32_t partition) {
  const auto number = static_cast<std::size_t>(partition);
  return number < places.size() ? places[number] : 0;
}

TopicReader::TopicReader(Consumer consumer, const std::vector<TopicOffset>& ends)
    : consumer_(std::move(consumer)) {
  for (const auto& end : ends) ends_.emplace(end.partition, end.offset);
}

schema::Result<TopicReader> TopicReader::open(const config::KafkaSettings& settings,
                                              const std::string& topic, const Patience& patience,
                                              std::optional<std::int64_t> from_ms, Open open) {
  // The ends with everything, then all that is committed before them: what is looked for may stand
  // behind an open transaction of somebody else's.
  Consumer all(settings, {.read_committed = open == Open::left_out});
  const auto ends = all.ends(topic, patience);
  if (!ends) return std::unexpected(ends.error());
  ConsumerOptions how;
  how.from_ms = from_ms;
  how.read_committed = open != Open::read_too;
  Consumer committed(settings, how);
  if (auto started = committed.start({topic}, patience); !started)
    return std::unexpected(started.error());
  return TopicReader(std::move(committed), *ends);
}

schema::Result<TopicReader> TopicReader::behind(const config::KafkaSettings& settings,
                                                const std::string& topic,
                                                const std::vector<std::int64_t>& places,
                                                const Patience& patience) {
  Consumer all(settings, {.read_committed = false});
  const auto ends = all.ends(topic, patience);
  if (!ends) return std::unexpected(ends.error());
  Consumer committed(settings, {});
  const auto stable = committed.ends(topic, patience);
  if (!stable) return std::unexpected(stable.error());
  std::vector<TopicOffset> begins, stops;
  for (const auto& stop : *stable) {
    auto begin = stop;
    begin.offset = place_in(places, stop.partition);
    const auto end = std::ranges::find(*ends, stop.partition, &TopicOffset::partition);
    if (end != ends->end() && end->offset < begin.offset) begin.offset = 0;
    if (begin.offset >= stop.offset) continue;
    begins.push_back(begin);
    stops.push_back(stop);
  }
  if (auto started = committed.start_at(begins); !started) return std::unexpected(started.error());
  return TopicReader(std::move(committed), stops);
}

schema::Result<TopicReader> TopicReader::between(const config::KafkaSettings& settings,
                                                 const std::vector<TopicOffset>& begins,
                                                 const std::vector<TopicOffset>& ends) {
  Consumer all(settings, {.read_committed = false});
  if (auto started = all.start_at(begins); !started) return std::unexpected(started.error());
  return TopicReader(std::move(all), ends);
}

schema::Result<std::vector<ConsumedRecord>> TopicReader::next(std::size_t records_max,
                                                              std::chrono::milliseconds time_max) {
  auto batch = consumer_.next(records_max, time_max);
  if (!batch) return std::unexpected(batch.error());
  std::erase_if(batch->records, [this](const ConsumedRecord& record) {
    const auto end = ends_.find(record.partition);
    if (end == ends_.end()) return true;
    const bool is_later = record.offset >= end->second;
    if (record.offset + 1 >= end->second) ends_.erase(end);
    return is_later;
  });
  for (const auto& met : batch->ends) {
    const auto end = ends_.find(met.partition);
    if (end != ends_.end() && met.offset >= end->second) ends_.erase(end);
  }
  return std::move(batch->records);
}

}  // namespace qnzs::kafka
