#include "gateway/kafka/position.hpp"

#include "gateway/kafka/client_conf.hpp"
#include "gateway/kafka/whole_topic.hpp"
#include "schema/json.hpp"

namespace qnzs::kafka {
namespace {

constexpr std::string_view document_schema = "qnzs.journal-position/1";

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
  std::optional<Position> position;
  const auto read =
      read_whole_topic(settings, topic_name(settings, schema::Topic::journal_positions), patience,
                       [&](const ConsumedRecord& record) -> schema::Result<void> {
                         if (record.key != source_id || !record.value) return {};
                         position = position_in(*record.value);
                         if (!position)
                           return schema::fail(schema::Fault::malformed, "a position that is none");
                         return {};
                       });
  if (!read) return std::unexpected(read.error());
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
