#include "gateway/ingest/entries.hpp"

#include "schema/codec.hpp"
#include "schema/validate.hpp"

#include <algorithm>

namespace qnzs::ingest {
namespace {

constexpr std::size_t problems_named_max = 8;

Entry message_entry(const schema::Message& message, std::string document, const Origin& origin,
                    std::string_view traceparent) {
  Entry entry;
  entry.kind = EntryKind::message;
  entry.id = message.id.bytes();
  entry.keep_id = origin.keep_id;
  entry.record.topic = schema::Topic::messages;
  entry.record.key = message.conversation.key.hex();
  entry.record.event = schema::cloud_event(message, traceparent);
  entry.record.value = std::move(document);
  return entry;
}

Entry dead_letter_entry(schema::DeadLetter letter, const Origin& origin,
                        std::string_view traceparent) {
  if (letter.id.is_zero()) {
    const auto dedupe_key = "dead-letter:" + letter.reason + ":" + letter.payload_sha256;
    letter.id = origin.identity->message_id(origin.channel, origin.account, dedupe_key, 0);
  }
  Entry entry;
  entry.kind = EntryKind::dead_letter;
  entry.id = letter.id.bytes();
  entry.keep_id = origin.keep_id;
  entry.record.topic = schema::Topic::dead_letters;
  entry.record.event = schema::cloud_event(letter, traceparent);
  entry.record.key = entry.record.event.partitionkey;
  entry.record.value = schema::encode(letter);
  return entry;
}

std::string described(const std::vector<schema::Problem>& problems) {
  std::string text;
  for (std::size_t i = 0; i < std::min(problems.size(), problems_named_max); ++i) {
    if (!text.empty()) text += "; ";
    text += problems[i].pointer + ": " + problems[i].what;
  }
  if (problems.size() > problems_named_max) text += "; …";
  return text;
}

schema::DeadLetter refused_message(const schema::Message& message,
                                   const adapters::HttpRequest& request, const Origin& origin,
                                   std::string reason, std::string detail) {
  return adapters::dead_letter(request, {.channel = message.channel.str(),
                                         .account = message.account.str(),
                                         .site = origin.site->code,
                                         .reason = std::move(reason),
                                         .detail = std::move(detail),
                                         .payload_bytes_max = origin.payload_bytes_max});
}

bool is_hex(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

std::vector<Entry> entries_for(const adapters::Received& received,
                               const adapters::HttpRequest& request, const Origin& origin,
                               std::string_view traceparent) {
  std::vector<Entry> entries;
  entries.reserve(received.messages.size() + received.dead_letters.size());
  std::vector<schema::DeadLetter> refused;
  for (const auto& message : received.messages) {
    if (const auto problems = schema::validate(message); !problems.empty()) {
      refused.push_back(
          refused_message(message, request, origin, "invalid_message", described(problems)));
      continue;
    }
    auto document = schema::encode(message);
    if (document.size() > schema::document_bytes_max) {
      refused.push_back(refused_message(message, request, origin, "document_too_large",
                                        std::to_string(document.size()) + " bytes"));
      continue;
    }
    entries.push_back(message_entry(message, std::move(document), origin, traceparent));
  }
  for (const auto& letter : received.dead_letters) {
    entries.push_back(dead_letter_entry(letter, origin, traceparent));
  }
  for (auto& letter : refused) {
    entries.push_back(dead_letter_entry(std::move(letter), origin, traceparent));
  }
  return entries;
}

std::string_view traceparent_of(const adapters::HttpRequest& request) {
  const auto value = adapters::header(request, "traceparent").value_or("");
  const bool is_shaped = value.size() == 55 && value.starts_with("00-") && value[35] == '-' &&
                         value[52] == '-' && is_hex(value.substr(3, 32)) &&
                         is_hex(value.substr(36, 16)) && is_hex(value.substr(53, 2));
  if (!is_shaped) return {};
  const bool names_nothing = value.substr(3, 32).find_first_not_of('0') == std::string_view::npos ||
                             value.substr(36, 16).find_first_not_of('0') == std::string_view::npos;
  return names_nothing ? std::string_view{} : value;
}

}  // namespace qnzs::ingest
