#pragma once

#include "schema/message.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// CloudEvents 1.0, Kafka protocol binding, binary mode: the attributes that go into the headers.
namespace qnzs::schema {

// What `ce_dataschema` says: names, not addresses; the files stand in this folder.
inline constexpr std::string_view message_schema_uri = "urn:qnzs:schema:message:1";
inline constexpr std::string_view dead_letter_schema_uri = "urn:qnzs:schema:dead-letter:1";

// What `ce_replayedfrom` says: of a message that stood there before, and of one that a dead letter
// has become, which may be the only one of its id.
inline constexpr std::string_view replayed_from_messages = "messages";
inline constexpr std::string_view replayed_from_dead_letters = "dead-letters";

struct CloudEvent {
  std::string id, source, type, time, subject, dataschema, partitionkey, traceparent;
  // Of a record that an operator had published: when that was asked for (RFC 3339), what it was
  // made from (`replayed_from_…`), and the sequence it keeps. Empty and 0 otherwise.
  std::string replayed{}, replayed_from{};
  std::uint64_t first_sequence = 0;
};

// source "/qnzs/{channel}/{account}", type "qnzs.message.new.v1" (update, delete, erase), time =
// received_at, subject and partitionkey = conversation key, dataschema = message_schema_uri.
// `traceparent` may be "".
CloudEvent cloud_event(const Message& message, std::string_view traceparent = {});
// type "qnzs.dead-letter.v1", subject and partitionkey "{channel}:{account}".
CloudEvent cloud_event(const DeadLetter& letter, std::string_view traceparent = {});

// 20 digits, zero-padded, so that text order is number order.
std::array<char, 20> sequence_digits(std::uint64_t sequence);

// Hands each header to `put(name, value)`: ce_specversion … ce_partitionkey, ce_sequence,
// ce_traceparent, ce_replayed and ce_replayedfrom when there are any, content-type last. `sequence`
// is not looked at when the event is replayed. The views last for the call.
template <class Put>
void each_header(const CloudEvent& event, std::uint64_t sequence, Put put) {
  const auto digits = sequence_digits(event.replayed.empty() ? sequence : event.first_sequence);
  put("ce_specversion", "1.0");
  put("ce_id", event.id);
  put("ce_source", event.source);
  put("ce_type", event.type);
  put("ce_time", event.time);
  put("ce_subject", event.subject);
  put("ce_dataschema", event.dataschema);
  put("ce_partitionkey", event.partitionkey);
  put("ce_sequence", std::string_view(digits.data(), digits.size()));
  if (!event.traceparent.empty()) put("ce_traceparent", event.traceparent);
  if (!event.replayed.empty()) put("ce_replayed", event.replayed);
  if (!event.replayed.empty()) put("ce_replayedfrom", event.replayed_from);
  put("content-type", "application/json");
}

using Headers = std::vector<std::pair<std::string, std::string>>;
// The same headers, as a list that owns them.
Headers headers(const CloudEvent& event, std::uint64_t sequence);
// The reverse; `first_sequence` is what the headers say. Nothing when a header that we always write
// is missing or the sequence is no number. Unknown headers are ignored.
std::optional<CloudEvent> cloud_event_in(const Headers& headers);

}  // namespace qnzs::schema
