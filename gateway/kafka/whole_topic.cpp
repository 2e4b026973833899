#include "gateway/kafka/whole_topic.hpp"

#include <chrono>
#include <map>

namespace qnzs::kafka {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t batch_records = 1000;
constexpr std::chrono::milliseconds step{200};

}  // namespace

schema::Result<void> read_whole_topic(
    const config::KafkaSettings& settings, const std::string& topic, const Patience& patience,
    const std::function<schema::Result<void>(const ConsumedRecord&)>& take) {
  // The ends with everything, then all that is committed before them: what is looked for may stand
  // behind an open transaction of somebody else's.
  Consumer all(settings, {.read_committed = false});
  const auto ends = all.ends(topic, patience);
  if (!ends) return std::unexpected(ends.error());
  std::map<std::int32_t, std::int64_t> open;
  for (const auto& end : *ends) open[end.partition] = end.offset;
  Consumer committed(settings, {});
  if (auto started = committed.start({topic}, patience); !started) return started;
  auto until = Clock::now() + patience.time_max();
  while (!open.empty()) {
    if (Clock::now() > until || patience.is_over())
      return schema::fail(schema::Fault::busy, "nothing comes: an open transaction, or no broker");
    const auto batch = committed.next(batch_records, step);
    if (!batch) return std::unexpected(batch.error());
    if (!batch->records.empty()) until = Clock::now() + patience.time_max();
    for (const auto& record : batch->records) {
      const auto end = open.find(record.partition);
      if (end != open.end() && record.offset + 1 >= end->second) open.erase(end);
      if (auto taken = take(record); !taken) return taken;
    }
    for (const auto& end : batch->ends) {
      const auto found = open.find(end.partition);
      if (found != open.end() && end.offset >= found->second) open.erase(found);
    }
  }
  return {};
}

}  // namespace qnzs::kafka
