#include "tools/cli/journal_verify.hpp"

#include "gateway/kafka/client_conf.hpp"
#include "gateway/kafka/whole_topic.hpp"
#include "schema/ids.hpp"

#include <algorithm>
#include <charconv>
#include <ostream>
#include <utility>

namespace qnzs::cli {
namespace {

constexpr std::size_t rows = 10'000;
constexpr std::size_t findings_max = 100;

// An entry that must be on Kafka. Ids are HMACs: of ten million, two share their first 64 bits once
// in a hundred thousand journals.
struct Expected {
  std::uint64_t id = 0;  // its first 64 bits
  std::uint64_t sequence = 0;
  std::uint32_t times = 0;
};

std::uint64_t first_bits(const ingest::EntryId& id) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < sizeof bits; ++i) bits = bits << 8 | id[i];
  return bits;
}

// Of the hexadecimal text in `ce_id`; 0 for what is no id of ours.
std::uint64_t first_bits(std::string_view hex) {
  std::uint64_t bits = 0;
  const auto digits = hex.substr(0, 2 * sizeof bits);
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), bits, 16);
  return parsed.ec == std::errc() ? bits : 0;
}

std::uint64_t number_in(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// What the journal believes published, in the order of ids.
schema::Result<std::vector<Expected>> published(ingest::JournalReader& reader,
                                                std::uint64_t position, std::ostream& progress) {
  std::vector<Expected> all;
  for (std::uint64_t after = 0; after < position;) {
    const auto entries = reader.list(after, rows);
    if (!entries) return std::unexpected(entries.error());
    if (entries->empty()) break;
    for (const auto& entry : *entries) {
      if (entry.sequence <= position && !entry.is_aside)
        all.push_back({first_bits(entry.id), entry.sequence, 0});
    }
    after = entries->back().sequence;
    progress << "日志账:已读到序号 " << after << "\n";
  }
  std::ranges::sort(all, {}, &Expected::id);
  return all;
}

schema::Result<void> count_on_kafka(const config::KafkaSettings& kafka,
                                    std::vector<Expected>& expected, std::ostream& progress,
                                    std::chrono::milliseconds silence_max) {
  for (const auto which : {schema::Topic::messages, schema::Topic::dead_letters}) {
    const auto topic = kafka::topic_name(kafka, which);
    std::uint64_t records = 0;
    const auto take = [&](const kafka::ConsumedRecord& record) -> schema::Result<void> {
      if (++records % rows == 0) progress << topic << ":已读 " << records << " 条\n";
      if (!kafka::header_of(record, "ce_replayed").empty()) return {};  // an operator asked for it
      const auto id = first_bits(kafka::header_of(record, "ce_id"));
      // A platform that says the same again once its id is forgotten makes another entry of it.
      const auto sequence = number_in(kafka::header_of(record, "ce_sequence"));
      for (auto& entry : std::ranges::equal_range(expected, id, {}, &Expected::id))
        if (entry.sequence == sequence) ++entry.times;
      return {};
    };
    if (auto read = kafka::read_whole_topic(kafka, topic, silence_max, take); !read) return read;
  }
  return {};
}

// The id for people; "" when the journal has forgotten it meanwhile.
std::string id_of(ingest::JournalReader& reader, std::uint64_t sequence) {
  const auto entries = reader.list(sequence - 1, 1);
  if (!entries || entries->empty() || entries->front().sequence != sequence) return "";
  return " 编号 " + schema::MessageId(entries->front().id).hex();
}

}  // namespace

std::expected<std::vector<std::string>, NotVerified> verify_journal(
    const config::GatewaySettings& settings, ingest::JournalReader& reader, std::ostream& progress,
    std::chrono::milliseconds silence_max) {
  using Side = NotVerified::Side;
  auto findings = reader.verify();
  if (!findings) return std::unexpected(NotVerified{Side::journal, findings.error()});
  const auto summary = reader.summary();  // before Kafka: what is there now must be there then
  if (!summary) return std::unexpected(NotVerified{Side::journal, summary.error()});
  auto expected = published(reader, summary->position, progress);
  if (!expected) return std::unexpected(NotVerified{Side::journal, expected.error()});
  if (auto read = count_on_kafka(settings.kafka, *expected, progress, silence_max); !read)
    return std::unexpected(NotVerified{Side::kafka, read.error()});
  std::ranges::sort(*expected, {}, &Expected::sequence);
  for (const auto& entry : *expected) {
    if (findings->size() >= findings_max) break;
    if (entry.times == 1) continue;
    findings->push_back("序号 " + std::to_string(entry.sequence) + id_of(reader, entry.sequence) +
                        (entry.times == 0
                             ? " 已发布,但不在主题上(丢失,或已过主题的保留期)"
                             : " 在主题上出现 " + std::to_string(entry.times) + " 次"));
  }
  return *std::move(findings);
}

}  // namespace qnzs::cli
