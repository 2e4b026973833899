#include "tests/support/lost_markers.hpp"

#include "gateway/kafka/client_conf.hpp"
#include "gateway/kafka/consumer.hpp"
#include "gateway/kafka/producer.hpp"
#include "tests/support/becomes_true.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

namespace qnzs::tests {
namespace {

namespace fs = std::filesystem;

// A record batch, format 2 (Kafka protocol guide, "Record Batch"): where it begins, and whether it
// is a control batch.
struct Batch {
  std::size_t begin = 0;
  bool is_control = false;
};

std::uint32_t number(const std::string& bytes, std::size_t at, std::size_t size) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < size; ++i)
    value = value << 8 | static_cast<std::uint8_t>(bytes.at(at + i));
  return value;
}

std::vector<Batch> batches_of(const std::string& log) {
  std::vector<Batch> batches;
  for (std::size_t at = 0; at + 61 <= log.size();) {
    const auto length = number(log, at + 8, 4);
    const auto magic = number(log, at + 16, 1);
    if (magic != 2 || length == 0) throw std::runtime_error("no record batch");
    batches.push_back({at, (number(log, at + 21, 2) & 0x20) != 0});
    at += 12 + length;
  }
  return batches;
}

// What the broker knows beside the log itself it makes anew from it.
void forget_derived(const fs::path& folder) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    const auto kind = entry.path().extension();
    if (kind == ".snapshot" || kind == ".index" || kind == ".timeindex" || kind == ".txnindex")
      fs::remove(entry.path());
  }
}

bool lose_marker(const fs::path& folder) {
  const auto file = folder / "00000000000000000000.log";
  std::ifstream in(file, std::ios::binary);
  const std::string log(std::istreambuf_iterator<char>(in), {});
  const auto batches = batches_of(log);
  if (batches.empty() || !batches.back().is_control) return false;
  fs::resize_file(file, batches.back().begin);
  forget_derived(folder);
  return true;
}

}  // namespace

std::size_t lose_markers(const std::string& data, const config::KafkaSettings& kafka,
                         LostOn where) {
  auto prefix = kafka.topic_prefix + "qnzs.";
  if (where == LostOn::positions) prefix += "journal-positions.";
  if (where == LostOn::one_messages_partition) prefix += "messages.";
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(data + "/data"))
    if (entry.path().filename().string().starts_with(prefix)) folders.push_back(entry.path());
  std::size_t lost = 0;
  for (const auto& folder : folders)
    if (lost == 0 || where != LostOn::one_messages_partition) lost += lose_marker(folder) ? 1 : 0;
  for (const auto* known : {"recovery-point-offset-checkpoint", "replication-offset-checkpoint",
                            ".kafka_cleanshutdown"})
    fs::remove(data + "/data/" + known);
  return lost;
}

void abort_everywhere(const config::KafkaSettings& kafka) {
  const auto never = [] { return false; };
  kafka::Consumer consumer(kafka, {});
  kafka::Producer producer(kafka, {}, "test");
  std::string reason;
  const auto is_done = [&] {
    std::vector<kafka::TopicOffset> places;
    for (const auto topic :
         {schema::Topic::messages, schema::Topic::dead_letters, schema::Topic::journal_positions}) {
      const auto ends = consumer.ends(kafka::topic_name(kafka, topic), std::chrono::seconds(5));
      if (!ends) reason = ends.error().reason;
      if (!ends) return false;
      places.insert(places.end(), ends->begin(), ends->end());
    }
    auto outcome = producer.init(never);
    if (outcome) outcome = producer.close_hanging(places, never);
    if (!outcome) reason = outcome.error().reason;
    return outcome.has_value();
  };
  // A broker that was started just now loads its transactions and finds its leaders first.
  if (!becomes_true(is_done)) throw std::runtime_error(reason);
}

}  // namespace qnzs::tests
