#include "gateway/kafka/hanging.hpp"

#include "gateway/kafka/client_conf.hpp"
#include "gateway/kafka/position.hpp"
#include "gateway/kafka/whole_topic.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <utility>

namespace qnzs::kafka {
namespace {

constexpr std::size_t batch_records = 1000;
constexpr std::array record_topics{schema::Topic::messages, schema::Topic::dead_letters};

using PartitionKey = std::pair<std::string, std::int32_t>;

// The partitions of one topic that have an open transaction: from its first record to the end.
struct OpenRanges {
  std::vector<TopicOffset> begins, ends;
};

schema::Result<OpenRanges> open_ranges(const std::string& topic, Consumer& all, Consumer& committed,
                                       const Patience& patience) {
  const auto ends = all.ends(topic, patience);
  if (!ends) return std::unexpected(ends.error());
  const auto stable = committed.ends(topic, patience);
  if (!stable) return std::unexpected(stable.error());
  OpenRanges ranges;
  for (const auto& begin : *stable) {
    const auto end = std::ranges::find(*ends, begin.partition, &TopicOffset::partition);
    if (end == ends->end() || begin.offset >= end->offset) continue;
    ranges.begins.push_back(begin);
    ranges.ends.push_back(*end);
  }
  return ranges;
}

// The sequence in the source, when the record is the source's: it knows the id at that place.
std::optional<std::uint64_t> sequence_of(const ConsumedRecord& record, RecordSource& source) {
  if (!header_of(record, "ce_replayed").empty()) return std::nullopt;  // numbered by another source
  const auto digits = header_of(record, "ce_sequence");
  const auto id = header_of(record, "ce_id");
  std::uint64_t sequence = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), sequence);
  if (read.ec != std::errc() || id.empty() || source.position_at(sequence).id != id)
    return std::nullopt;
  return sequence;
}

// What stands in the open ranges, partition by partition. A range counts only if its first record,
// which belongs to the open transaction, is the source's: behind another's it cannot be told what
// is open. All the source's records behind its first one are in the same transaction, since an end
// of it would have closed the range.
class OpenRecords {
 public:
  OpenRecords(const config::KafkaSettings& settings, RecordSource& source)
      : source_(source), positions_topic_(topic_name(settings, schema::Topic::journal_positions)) {}

  void take(const ConsumedRecord& record) {
    const PartitionKey place{record.topic, record.partition};
    const bool is_position = record.topic == positions_topic_;
    const auto sequence =
        is_position ? std::optional<std::uint64_t>() : sequence_of(record, source_);
    const bool is_own = is_position ? record.key == source_.id() : sequence.has_value();
    const bool is_first = !is_own_.contains(place);
    if (is_first) {
      is_own_[place] = is_own;
      if (is_position && !is_own) found_.blocked_by = record.key.value_or("");
      if (is_own && !is_position)
        found_.partitions.push_back({record.topic, record.partition, record.offset});
    }
    if (!is_own || !is_own_[place]) return;
    found_.since_ms = std::min(found_.since_ms, record.timestamp_ms);
    if (sequence) found_.sequences.push_back(*sequence);
    if (is_position && record.value) found_.position = position_in(*record.value);
  }

  Hanging finish() && {
    std::ranges::sort(found_.sequences);
    return std::move(found_);
  }

 private:
  RecordSource& source_;
  const std::string positions_topic_;
  std::map<PartitionKey, bool> is_own_;
  Hanging found_;
};

}  // namespace

schema::Result<Hanging> find_hanging(const config::KafkaSettings& settings, RecordSource& source,
                                     const Patience& patience) {
  Consumer all(settings, {.read_committed = false});
  Consumer committed(settings, {});
  OpenRecords records(settings, source);
  for (const auto topic :
       {schema::Topic::messages, schema::Topic::dead_letters, schema::Topic::journal_positions}) {
    const auto ranges = open_ranges(topic_name(settings, topic), all, committed, patience);
    if (!ranges) return std::unexpected(ranges.error());
    if (ranges->begins.empty()) continue;
    auto reader = TopicReader::between(settings, ranges->begins, ranges->ends);
    if (!reader) return std::unexpected(reader.error());
    const auto take = [&](const ConsumedRecord& record) -> schema::Result<void> {
      records.take(record);
      return {};
    };
    if (auto read = read_to_end(*reader, patience, take); !read)
      return std::unexpected(read.error());
  }
  return std::move(records).finish();
}

bool can_publish_again(const Hanging& hanging, RecordSource& source) {
  if (hanging.position) {
    const auto own = source.position_at(hanging.position->sequence);
    if (own.id.empty() || own.id != hanging.position->id) return false;
  }
  for (auto wanted = hanging.sequences.begin(); wanted != hanging.sequences.end();) {
    const auto records = source.read(*wanted - 1, batch_records, record_bytes_max);
    if (!records || records->empty()) return false;
    for (const auto& record : *records) {
      if (wanted == hanging.sequences.end()) break;
      if (record.sequence > *wanted) return false;
      if (record.sequence == *wanted) ++wanted;
    }
  }
  return true;
}

Position position_after(const Hanging& hanging, const std::optional<Position>& committed,
                        RecordSource& source, std::int64_t slack_ms) {
  const auto known = committed.value_or(Position{});
  Position::Patch patch = known.patch.value_or(
      Position::Patch{known.sequence, std::numeric_limits<std::int64_t>::max()});
  auto sequence = known.sequence;
  if (!hanging.sequences.empty()) {
    sequence = std::min(sequence, hanging.sequences.front() - 1);
    patch.until = std::max(patch.until, hanging.sequences.back());
  }
  if (hanging.position) patch.until = std::max(patch.until, hanging.position->sequence);
  patch.since_ms = std::min(patch.since_ms, std::max<std::int64_t>(hanging.since_ms - slack_ms, 0));
  auto position = source.position_at(sequence);
  if (patch.until > sequence) position.patch = patch;
  return position;
}

schema::Result<std::set<std::uint64_t>> visible_in(const config::KafkaSettings& settings,
                                                   const Position& position, RecordSource& source,
                                                   const Patience& patience) {
  std::set<std::uint64_t> visible;
  if (!position.patch) return visible;
  for (const auto topic : record_topics) {
    const auto read = read_whole_topic(
        settings, topic_name(settings, topic), patience,
        [&](const ConsumedRecord& record) -> schema::Result<void> {
          const auto sequence = sequence_of(record, source);
          if (sequence && *sequence > position.sequence && *sequence <= position.patch->until)
            visible.insert(*sequence);
          return {};
        },
        position.patch->since_ms);
    if (!read) return std::unexpected(read.error());
  }
  return visible;
}

}  // namespace qnzs::kafka
