#include "gateway/kafka/position.hpp"

#include "gateway/kafka/client_conf.hpp"
#include "gateway/kafka/consumer.hpp"
#include "schema/json.hpp"

#include <algorithm>
#include <map>

namespace qnzs::kafka {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::string_view document_schema = "qnzs.journal-position/1";
constexpr milliseconds step{200};

}  // namespace

std::string position_document(const Position& position) {
  return schema::json::write(
      schema::json::Object{{"schema", document_schema},
                           {"sequence", static_cast<std::int64_t>(position.sequence)},
                           {"opening", position.opening},
                           {"id", position.id}});
}

std::optional<Position> position_in(std::string_view document) {
  const auto value = schema::json::parse(document);
  if (!value) return std::nullopt;
  const auto* sequence = value->find("sequence");
  const auto* number = sequence == nullptr ? nullptr : sequence->integer();
  if (number == nullptr || *number < 0) return std::nullopt;
  const auto text = [&](std::string_view name) -> std::string {
    const auto* member = value->find(name);
    const auto* words = member == nullptr ? nullptr : member->text();
    return words == nullptr ? std::string() : std::string(*words);
  };
  return Position{static_cast<std::uint64_t>(*number), text("opening"), text("id")};
}

schema::Result<std::optional<Position>> read_position(const config::KafkaSettings& settings,
                                                      std::string_view source_id,
                                                      const Patience& patience) {
  const auto topic = topic_name(settings, schema::Topic::journal_positions);
  // The ends with everything, then all that is committed before them: a position of ours may stand
  // behind an open transaction of another gateway.
  Consumer all(settings, {.read_committed = false});
  const auto ends = all.ends(topic, patience);
  if (!ends) return std::unexpected(ends.error());
  std::map<std::int32_t, std::int64_t> open;
  for (const auto& end : *ends) open[end.partition] = end.offset;
  Consumer committed(settings, {});
  if (auto started = committed.start({topic}, patience); !started)
    return std::unexpected(started.error());
  std::optional<Position> position;
  auto until = Clock::now() + patience.time_max();
  while (!open.empty()) {
    if (Clock::now() > until || patience.is_over())
      return schema::fail(schema::Fault::busy, "the positions topic has an open transaction");
    const auto batch = committed.next(1000, step);
    if (!batch) return std::unexpected(batch.error());
    // A long topic is read for as long as it keeps coming.
    if (!batch->records.empty()) until = Clock::now() + patience.time_max();
    for (const auto& record : batch->records) {
      const auto end = open.find(record.partition);
      if (end != open.end() && record.offset + 1 >= end->second) open.erase(end);
      if (record.key != source_id || !record.value) continue;
      position = position_in(*record.value);
      if (!position) return schema::fail(schema::Fault::malformed, "a position that is none");
    }
    for (const auto& end : batch->ends) {
      if (open.contains(end.partition) && end.offset >= open[end.partition])
        open.erase(end.partition);
    }
  }
  return position;
}

StartPoint start_point(const std::optional<Position>& on_kafka, const Position& own,
                       std::uint64_t published, std::uint64_t last, std::string_view policy) {
  using Match = StartPoint::Match;
  const auto known = on_kafka.value_or(Position{});
  const bool is_named = !known.opening.empty();
  const bool is_own = is_named && known.opening == own.opening &&
                      (known.sequence <= published || known.id == own.id);
  // Beyond what the source itself knows to be published, only a place it recognises counts.
  const auto match = [&] {
    if (is_named && !is_own) return Match::foreign;
    if (known.sequence < published) return Match::behind;
    if (known.sequence == published || (is_own && known.sequence <= last)) return Match::fits;
    return Match::foreign;
  }();
  if (match == Match::fits) return {match, known.sequence};
  if (policy == "wait") return {match, std::nullopt};
  if (policy == "resume" || match == Match::foreign) return {match, published};
  return {match, known.sequence};
}

}  // namespace qnzs::kafka
