#include "schema/cloud_event.hpp"

#include "schema/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <span>

namespace qnzs::schema {
namespace {

std::string source_of(const ChannelName& channel, const AccountName& account) {
  return "/qnzs/" + channel.str() + "/" + account.str();
}

}  // namespace

CloudEvent cloud_event(const Message& message, std::string_view traceparent) {
  const auto key = message.conversation.key.hex();
  return {.id = message.id.hex(),
          .source = source_of(message.channel, message.account),
          .type = "qnzs.message." + std::string(word(message.action)) + ".v1",
          .time = to_rfc3339(message.received_at),
          .subject = key,
          .dataschema = std::string(message_schema_uri),
          .partitionkey = key,
          .traceparent = std::string(traceparent)};
}

CloudEvent cloud_event(const DeadLetter& letter, std::string_view traceparent) {
  const auto key = letter.channel.str() + ":" + letter.account.str();
  return {.id = letter.id.hex(),
          .source = source_of(letter.channel, letter.account),
          .type = "qnzs.dead-letter.v1",
          .time = to_rfc3339(letter.received_at),
          .subject = key,
          .dataschema = std::string(dead_letter_schema_uri),
          .partitionkey = key,
          .traceparent = std::string(traceparent)};
}

Headers headers(const CloudEvent& event, std::uint64_t sequence) {
  Headers list;
  list.reserve(12);
  list.emplace_back("ce_specversion", "1.0");
  list.emplace_back("ce_id", event.id);
  list.emplace_back("ce_source", event.source);
  list.emplace_back("ce_type", event.type);
  list.emplace_back("ce_time", event.time);
  list.emplace_back("ce_subject", event.subject);
  list.emplace_back("ce_dataschema", event.dataschema);
  list.emplace_back("ce_partitionkey", event.partitionkey);
  list.emplace_back(
      "ce_sequence",
      fmt::format("{:020}", event.replayed.empty() ? sequence : event.first_sequence));
  if (!event.traceparent.empty()) list.emplace_back("ce_traceparent", event.traceparent);
  if (!event.replayed.empty()) list.emplace_back("ce_replayed", event.replayed);
  list.emplace_back("content-type", "application/json");
  return list;
}

std::optional<CloudEvent> cloud_event_in(const Headers& headers) {
  CloudEvent event;
  std::string sequence;
  const std::array<std::pair<std::string_view, std::string*>, 10> known{
      {{"ce_id", &event.id},
       {"ce_source", &event.source},
       {"ce_type", &event.type},
       {"ce_time", &event.time},
       {"ce_subject", &event.subject},
       {"ce_dataschema", &event.dataschema},
       {"ce_partitionkey", &event.partitionkey},
       {"ce_sequence", &sequence},
       {"ce_traceparent", &event.traceparent},
       {"ce_replayed", &event.replayed}}};
  for (const auto& [name, value] : headers) {
    const auto found = std::ranges::find(known, name, [](const auto& one) { return one.first; });
    if (found != known.end()) *found->second = value;
  }
  const auto* end = sequence.data() + sequence.size();
  const auto read = std::from_chars(sequence.data(), end, event.first_sequence);
  const bool is_number = !sequence.empty() && read.ec == std::errc() && read.ptr == end;
  const auto always = std::span(known).first(7);
  const bool has_all =
      std::ranges::none_of(always, [](const auto& one) { return one.second->empty(); });
  if (!is_number || !has_all) return std::nullopt;
  return event;
}

}  // namespace qnzs::schema
