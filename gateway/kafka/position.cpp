#include "gateway/kafka/position.hpp"

#include "gateway/kafka/client_conf.hpp"
#include "gateway/kafka/whole_topic.hpp"
#include "schema/json.hpp"

namespace qnzs::kafka {
namespace {

constexpr std::string_view document_schema = "qnzs.journal-position/1";

schema::json::Array array_of(const std::vector<std::int64_t>& places) {
  return {places.begin(), places.end()};
}

schema::json::Object document_of(const Settled& settled) {
  return {{"sequence", static_cast<std::int64_t>(settled.sequence)},
          {"messages", array_of(settled.messages)},
          {"dead_letters", array_of(settled.dead_letters)}};
}

std::optional<std::int64_t> number_in(const schema::json::Value& value, std::string_view name) {
  const auto* member = value.find(name);
  const auto* integer = member == nullptr ? nullptr : member->integer();
  return integer == nullptr ? std::nullopt : std::optional(*integer);
}

// Nothing when one of them is no place.
std::optional<std::vector<std::int64_t>> places_in(const schema::json::Value& value,
                                                   std::string_view name) {
  const auto* member = value.find(name);
  const auto* items = member == nullptr ? nullptr : member->array();
  if (items == nullptr) return std::nullopt;
  std::vector<std::int64_t> places;
  for (const auto& item : *items) {
    const auto* place = item.integer();
    if (place == nullptr || *place < 0) return std::nullopt;
    places.push_back(*place);
  }
  return places;
}

std::optional<Settled> settled_in(const schema::json::Value& document) {
  const auto* value = document.find("settled");
  if (value == nullptr) return std::nullopt;
  const auto sequence = number_in(*value, "sequence");
  auto messages = places_in(*value, "messages");
  auto dead_letters = places_in(*value, "dead_letters");
  if (!sequence || *sequence < 0 || !messages || !dead_letters) return std::nullopt;
  return Settled{static_cast<std::uint64_t>(*sequence), *std::move(messages),
                 *std::move(dead_letters)};
}

}  // namespace

std::string position_document(const Position& position) {
  schema::json::Object document{{"schema", document_schema},
                                {"sequence", static_cast<std::int64_t>(position.sequence)},
                                {"opening", position.opening},
                                {"id", position.id}};
  if (position.patch_until > position.sequence)
    document.emplace_back("patch_until", static_cast<std::int64_t>(position.patch_until));
  if (position.settled) document.emplace_back("settled", document_of(*position.settled));
  return schema::json::write(std::move(document));
}

std::optional<Position> position_in(std::string_view document) {
  const auto value = schema::json::parse(document);
  if (!value) return std::nullopt;
  const auto sequence = number_in(*value, "sequence").value_or(-1);
  if (sequence < 0) return std::nullopt;
  const auto text = [&](std::string_view name) -> std::string {
    const auto* member = value->find(name);
    const auto* words = member == nullptr ? nullptr : member->text();
    return words == nullptr ? std::string() : std::string(*words);
  };
  Position position{static_cast<std::uint64_t>(sequence), text("opening"), text("id")};
  if (const auto until = number_in(*value, "patch_until"); until && *until > sequence)
    position.patch_until = static_cast<std::uint64_t>(*until);
  position.settled = settled_in(*value);
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
        auto found = position_in(*record.value);
        const bool is_any = open == TopicReader::Open::read_too;
        if (!found && !is_any)
          return schema::fail(schema::Fault::malformed, "a position that is none");
        if (found) position = std::move(found);
        return {};
      },
      {}, open);
  if (!read) return std::unexpected(read.error());
  return position;
}

bool is_place_of(const Position& known, const Position& own, std::uint64_t published) {
  return !known.opening.empty() && known.opening == own.opening &&
         (known.sequence <= published || known.id == own.id);
}

StartPoint start_point(const std::optional<Position>& on_kafka, const Position& own,
                       std::uint64_t published, std::uint64_t last, std::string_view policy) {
  using Match = StartPoint::Match;
  const auto known = on_kafka.value_or(Position{});
  const bool is_named = !known.opening.empty();
  const bool is_own = is_place_of(known, own, published);
  // A patch begins where something is missing, however far the source was published.
  if (known.patch_until > known.sequence && (is_own || !is_named) && known.sequence <= last)
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
