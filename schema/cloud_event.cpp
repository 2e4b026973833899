#include "schema/cloud_event.hpp"

#include "schema/words.hpp"

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

std::array<char, 20> sequence_digits(std::uint64_t sequence) {
  std::array<char, 20> digits{};
  for (auto at = digits.rbegin(); at != digits.rend(); ++at, sequence /= 10)
    *at = static_cast<char>('0' + sequence % 10);
  return digits;
}

Headers headers(const CloudEvent& event, std::uint64_t sequence) {
  Headers list;
  each_header(event, sequence, [&](std::string_view name, std::string_view value) {
    list.emplace_back(name, value);
  });
  return list;
}

std::optional<CloudEvent> cloud_event_in(const Headers& headers) {
  CloudEvent event;
  std::string sequence;
  const std::array<std::pair<std::string_view, std::string*>, 11> known{
      {{"ce_id", &event.id},
       {"ce_source", &event.source},
       {"ce_type", &event.type},
       {"ce_time", &event.time},
       {"ce_subject", &event.subject},
       {"ce_dataschema", &event.dataschema},
       {"ce_partitionkey", &event.partitionkey},
       {"ce_sequence", &sequence},
       {"ce_traceparent", &event.traceparent},
       {"ce_replayed", &event.replayed},
       {"ce_replayedfrom", &event.replayed_from}}};
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
