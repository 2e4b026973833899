#include "gateway/kafka/whole_topic.hpp"

#include <chrono>

namespace qnzs::kafka {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t batch_records = 1000;
constexpr std::chrono::milliseconds step{200};

}  // namespace

schema::Result<void> read_to_end(
    TopicReader& reader, const Patience& patience,
    const std::function<schema::Result<void>(const ConsumedRecord&)>& take) {
  auto until = Clock::now() + patience.time_max();
  while (!reader.is_over()) {
    if (Clock::now() > until || patience.is_over())
      return schema::fail(schema::Fault::busy, "nothing comes: an open transaction, or no broker");
    const auto records = reader.next(batch_records, step);
    if (!records) return std::unexpected(records.error());
    if (!records->empty()) until = Clock::now() + patience.time_max();
    for (const auto& record : *records) {
      if (auto taken = take(record); !taken) return taken;
    }
  }
  return {};
}

schema::Result<void> read_whole_topic(
    const config::KafkaSettings& settings, const std::string& topic, const Patience& patience,
    const std::function<schema::Result<void>(const ConsumedRecord&)>& take,
    std::optional<std::int64_t> from_ms, TopicReader::Open open) {
  auto reader = TopicReader::open(settings, topic, patience, from_ms, open);
  if (!reader) return std::unexpected(reader.error());
  return read_to_end(*reader, patience, take);
}

}  // namespace qnzs::kafka
