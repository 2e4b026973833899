#include "gateway/kafka/position.hpp"

#include "gateway/kafka/client_conf.hpp"
#include "gateway/kafka/whole_topic.hpp"
#include "schema/json.hpp"

namespace qnzs::kafka {
namespace {

constexpr std::string_view document_schema = "qnzs.journal-position/1";

}  // namespace

std::string position_document(const Position& position) {
  schema::json::Object document{{"schema", document_schema},
                                {"sequence", static_cast<std::int64_t>(position.sequence)},
                                {"opening", position.opening},
                                {"id", position.id}};
  if (position.patch) {
    document.emplace_back("patch_until", static_cast<std::int64_t>(position.patch->until));
    document.emplace_back("patch_since_ms", position.patch->since_ms);
  }
  return schema::json::write(std::move(document));
}

std::optional<Position> position_in(std::string_view document) {
  const auto value = schema::json::parse(document);
  if (!value) return std::nullopt;
  const auto number = [&](std::string_view name) -> std::optional<std::int64_t> {
    const auto* member = value->find(name);
    const auto* integer = member == nullptr ? nullptr : member->integer();
    return integer == nullptr ? std::nullopt : std::optional(*integer);
  };
  const auto sequence = number("sequence").value_or(-1);
  if (sequence < 0) return std::nullopt;
  const auto text = [&](std::string_view name) -> std::string {
    const auto* member = value->find(name);
    const auto* words = member == nullptr ? nullptr : member->text();
    return words == nullptr ? std::string() : std::string(*words);
  };
  Position position{static_cast<std::uint64_t>(sequence), text("opening"), text("id"), {}};
  if (const auto until = number("patch_until"); until && *until > sequence)
    position.patch = {.until = static_cast<std::uint64_t>(*until),
                      .since_ms = number("patch_since_ms").value_or(0)};
  return position;
}

schema::Result<std::optional<Position>> read_position(const config::KafkaSettings& settings,
                                                      std::string_view source_id,
                                                      const Patience& patience,
                                                      TopicReader::Open open) {
  std::optional<Position> position;
  const auto read = read_whole_topic(
      settings, topic_name(settings, schema::Topic::journal_positions), patience,
      [&](const ConsumedRecord& record) -> schema::Result<void> {
        if (record.key != source_id || !record.value) return {};
        position = position_in(*record.value);
        if (!position) return schema::fail(schema::Fault::malformed, "a position that is none");
        return {};
      },
      {}, open);
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
  // A patch begins where something is missing, however far the source was published.
  if (known.patch && (is_own || !is_named) && known.sequence <= last)
    return {Match::fits, known.sequence};
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
