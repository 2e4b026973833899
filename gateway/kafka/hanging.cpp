#include "gateway/kafka/hanging.hpp"

#include "gateway/kafka/client_conf.hpp"
#include "gateway/kafka/position.hpp"
#include "gateway/kafka/whole_topic.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace qnzs::kafka {
namespace {

constexpr std::size_t batch_records = 1000;
constexpr std::array record_topics{schema::Topic::dead_letters, schema::Topic::messages};

// The partitions of one topic that have an open transaction: from its first record to the end.
struct OpenRanges {
  std::vector<TopicOffset> begins, ends;
  std::vector<std::int64_t> places;  // where every partition ends, by its number

  // Those that are wanted, by their begin.
  template <class Wanted>
  OpenRanges only(Wanted wanted) const {
    OpenRanges some;
    for (std::size_t i = 0; i < begins.size(); ++i) {
      if (!wanted(begins[i])) continue;
      some.begins.push_back(begins[i]);
      some.ends.push_back(ends[i]);
    }
    return some;
  }
};

// Asks where the partitions of topics end, and where their first open transactions begin.
class Ends {
 public:
  Ends(const config::KafkaSettings& settings, const Patience& patience)
      : settings_(settings),
        patience_(patience),
        all_(settings, {.read_committed = false}),
        committed_(settings, {}) {}

  schema::Result<OpenRanges> open_ranges(schema::Topic topic) {
    const auto name = topic_name(settings_, topic);
    const auto ends = all_.ends(name, patience_);
    if (!ends) return std::unexpected(ends.error());
    const auto stable = committed_.ends(name, patience_);
    if (!stable) return std::unexpected(stable.error());
    OpenRanges ranges;
    for (const auto& end : *ends) ranges.places.push_back(end.offset);
    for (const auto& begin : *stable) {
      const auto end = std::ranges::find(*ends, begin.partition, &TopicOffset::partition);
      if (end == ends->end() || begin.offset >= end->offset) continue;
      ranges.begins.push_back(begin);
      ranges.ends.push_back(*end);
    }
    return ranges;
  }

  template <class Take>
  schema::Result<void> read(const OpenRanges& ranges, Take take) {
    if (ranges.begins.empty()) return {};
    auto reader = TopicReader::between(settings_, ranges.begins, ranges.ends);
    if (!reader) return std::unexpected(reader.error());
    return read_to_end(*reader, patience_,
                       [&](const ConsumedRecord& record) -> schema::Result<void> {
                         take(record);
                         return {};
                       });
  }

 private:
  const config::KafkaSettings& settings_;
  const Patience& patience_;
  Consumer all_, committed_;
};

const std::vector<std::int64_t>& places_of(const Settled& settled, schema::Topic topic) {
  return topic == schema::Topic::messages ? settled.messages : settled.dead_letters;
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

  void take_first(const ConsumedRecord& record) {
    const bool is_own =
        is_position(record) ? record.key == source_.id() : sequence_of(record, source_).has_value();
    if (is_own) own_.insert(record.partition);
    if (is_own && !is_position(record))
      found_.partitions.push_back({record.topic, record.partition, record.offset});
    if (!is_own && is_position(record)) found_.blocked_by = record.key.value_or("");
  }
  void take(const ConsumedRecord& record) {
    if (is_position(record)) {
      if (record.key == source_.id() && record.value) found_.position = position_in(*record.value);
    } else if (const auto sequence = sequence_of(record, source_)) {
      found_.sequences.push_back(*sequence);
    }
  }

  // Of one topic: the first record of each range, then all of those that are the source's.
  schema::Result<void> look_at(schema::Topic topic, Ends& kafka) {
    const auto ranges = kafka.open_ranges(topic);
    if (!ranges) return std::unexpected(ranges.error());
    if (topic == schema::Topic::messages) found_.messages = ranges->places;
    if (topic == schema::Topic::dead_letters) found_.dead_letters = ranges->places;
    own_.clear();
    auto firsts = *ranges;
    firsts.ends = firsts.begins;
    for (auto& end : firsts.ends) ++end.offset;
    auto read = kafka.read(firsts, [this](const ConsumedRecord& record) { take_first(record); });
    if (!read) return read;
    const auto own =
        ranges->only([this](const TopicOffset& begin) { return own_.contains(begin.partition); });
    return kafka.read(own, [this](const ConsumedRecord& record) { take(record); });
  }

  Hanging finish() && {
    std::ranges::sort(found_.sequences);
    return std::move(found_);
  }

 private:
  bool is_position(const ConsumedRecord& record) const { return record.topic == positions_topic_; }

  RecordSource& source_;
  const std::string positions_topic_;
  std::set<std::int32_t> own_;  // partitions of the topic that is looked at
  Hanging found_;
};

}  // namespace

schema::Result<Hanging> find_hanging(const config::KafkaSettings& settings, RecordSource& source,
                                     const Patience& patience) {
  Ends kafka(settings, patience);
  OpenRecords records(settings, source);
  for (const auto topic :
       {schema::Topic::messages, schema::Topic::dead_letters, schema::Topic::journal_positions}) {
    if (auto looked = records.look_at(topic, kafka); !looked)
      return std::unexpected(looked.error());
  }
  return std::move(records).finish();
}

schema::Result<std::set<std::uint64_t>> hidden_behind(const config::KafkaSettings& settings,
                                                      const Settled& settled, RecordSource& source,
                                                      const Patience& patience) {
  std::set<std::uint64_t> hidden;
  Ends kafka(settings, patience);
  for (const auto topic : record_topics) {
    auto ranges = kafka.open_ranges(topic);
    if (!ranges) return std::unexpected(ranges.error());
    for (auto& begin : ranges->begins)
      begin.offset = std::max(begin.offset, place_in(places_of(settled, topic), begin.partition));
    const auto read = kafka.read(*ranges, [&](const ConsumedRecord& record) {
      const auto sequence = sequence_of(record, source);
      if (sequence && *sequence > settled.sequence) hidden.insert(*sequence);
    });
    if (!read) return std::unexpected(read.error());
  }
  return hidden;
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
                        RecordSource& source) {
  const auto known = committed.value_or(Position{});
  auto sequence = known.sequence;
  auto until = std::max(known.patch_until, known.sequence);
  if (!hanging.sequences.empty()) {
    sequence = std::min(sequence, hanging.sequences.front() - 1);
    until = std::max(until, hanging.sequences.back());
  }
  if (hanging.position) until = std::max(until, hanging.position->sequence);
  auto position = source.position_at(sequence);
  position.patch_until = until > sequence ? until : 0;
  position.settled = known.settled;
  // Behind it something hangs that another's open transaction hid when it was settled: the
  // partitions are read from their begins.
  if (position.settled && position.settled->sequence > sequence)
    position.settled = Settled{sequence};
  return position;
}

schema::Result<std::set<std::uint64_t>> visible_behind(const config::KafkaSettings& settings,
                                                       const Settled& settled,
                                                       std::uint64_t enough_until,
                                                       RecordSource& source,
                                                       const Patience& patience) {
  std::set<std::uint64_t> visible;
  auto wanted = enough_until > settled.sequence ? enough_until - settled.sequence : 0;
  const bool is_limited = wanted > 0;
  for (const auto topic : record_topics) {
    auto reader = TopicReader::behind(settings, topic_name(settings, topic),
                                      places_of(settled, topic), patience);
    if (!reader) return std::unexpected(reader.error());
    const auto take = [&](const ConsumedRecord& record) -> schema::Result<void> {
      const auto sequence = sequence_of(record, source);
      if (!sequence || *sequence <= settled.sequence) return {};
      const bool is_new = visible.insert(*sequence).second;
      if (is_limited && is_new && *sequence <= enough_until && --wanted == 0) reader->stop();
      return {};
    };
    if (auto read = read_to_end(*reader, patience, take); !read)
      return std::unexpected(read.error());
    if (is_limited && wanted == 0) break;
  }
  return visible;
}

schema::Result<std::optional<std::uint64_t>> first_unseen(const std::set<std::uint64_t>& visible,
                                                          RecordSource& source, std::uint64_t after,
                                                          std::uint64_t until) {
  for (auto at = after + 1; at <= until; ++at) {
    if (visible.contains(at) || source.position_at(at).id.empty()) continue;
    const auto records = source.read(at - 1, batch_records, 1);  // the first that can be read
    if (!records) return std::unexpected(records.error());
    if (records->empty()) {
      at += batch_records - 1;  // none of so many can
      continue;
    }
    at = records->front().sequence;
    if (at <= until && !visible.contains(at)) return at;
  }
  return std::nullopt;
}

}  // namespace qnzs::kafka
