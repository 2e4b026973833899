#include "tools/cli/journal_verify.hpp"

#include "gateway/kafka/client_conf.hpp"
#include "gateway/kafka/consumer.hpp"
#include "schema/ids.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <ostream>
#include <set>

namespace qnzs::cli {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t rows = 10'000;
constexpr std::size_t findings_max = 100;

// How often each ce_id stands on the topics, read_committed, up to where they end now.
schema::Result<std::map<std::string, int>> ids_on_kafka(const config::KafkaSettings& kafka,
                                                        std::ostream& progress) {
  std::map<std::string, int> ids;
  for (const auto which : {schema::Topic::messages, schema::Topic::dead_letters}) {
    const auto topic = kafka::topic_name(kafka, which);
    kafka::Consumer consumer(kafka, {});
    const auto ends = consumer.ends(topic, milliseconds(10'000));
    if (!ends) return std::unexpected(ends.error());
    if (auto started = consumer.start({topic}, milliseconds(10'000)); !started)
      return std::unexpected(started.error());
    std::set<std::int32_t> open;
    for (const auto& end : *ends) open.insert(end.partition);
    while (!open.empty()) {
      const auto batch = consumer.next(rows, milliseconds(500));
      if (!batch) return std::unexpected(batch.error());
      for (const auto& record : batch->records) {
        for (const auto& [name, value] : record.headers)
          if (name == "ce_id") ++ids[value];
      }
      for (const auto& end : batch->ends) open.erase(end.partition);
      if (!batch->records.empty()) progress << topic << ":已读 " << ids.size() << " 条\n";
    }
  }
  return ids;
}

}  // namespace

schema::Result<std::vector<std::string>> verify_journal(const config::GatewaySettings& settings,
                                                        ingest::JournalReader& reader,
                                                        std::ostream& progress) {
  auto findings = reader.verify();
  if (!findings) return findings;
  const auto ids = ids_on_kafka(settings.kafka, progress);
  if (!ids) return std::unexpected(ids.error());
  std::size_t seen = 0;
  for (std::uint64_t after = 0;;) {
    const auto entries = reader.list(after, rows);
    if (!entries) return std::unexpected(entries.error());
    if (entries->empty()) break;
    for (const auto& entry : *entries) {
      if (findings->size() >= findings_max) return findings;
      const auto id = schema::MessageId(entry.id).hex();
      const auto found = ids->find(id);
      const auto times = found == ids->end() ? 0 : found->second;
      if (entry.is_published && !entry.is_aside && times == 0)
        findings->push_back("序号 " + std::to_string(entry.sequence) + " 编号 " + id +
                            " 已发布,但不在主题上(丢失,或已过主题的保留期)");
      if (times > 1)
        findings->push_back("编号 " + id + " 在主题上出现 " + std::to_string(times) + " 次");
    }
    after = entries->back().sequence;
    seen += entries->size();
    progress << "日志:已核对 " << seen << " 条\n";
  }
  return findings;
}

}  // namespace qnzs::cli
