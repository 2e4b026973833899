#include "tools/cli/replay_selection.hpp"

#include "schema/codec.hpp"
#include "schema/validate.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace qnzs::cli {
namespace {

constexpr std::string_view refused_by_kafka = "refused_by_kafka";

bool is_asked_for(const schema::CloudEvent& event, const ReplayFilter& filter) {
  const auto& source = event.source;  // "/qnzs/{channel}/{account}"
  const auto is_of = [&](const std::string& name, bool is_last) {
    return name.empty() ||
           (is_last ? source.ends_with("/" + name) : source.starts_with("/qnzs/" + name + "/"));
  };
  const auto at = schema::parse_rfc3339(event.time);
  return is_of(filter.channel, false) && is_of(filter.account, true) && at &&
         (!filter.from || at->at >= *filter.from) && (!filter.before || at->at < *filter.before);
}

// What this message changes; empty for a new one. Its own id must be forgotten with its target's.
std::string target_of(const schema::CloudEvent& event, const std::string& value) {
  if (event.type == "qnzs.message.new.v1") return {};
  const auto message = schema::decode(value);
  return message && message->target ? message->target->hex() : std::string();
}

// The route of a letter's account, if there is one.
template <class Route>
const Route* route_of(const schema::DeadLetter& letter, const std::vector<Route>& routes) {
  const auto found = std::ranges::find_if(routes, [&](const Route& one) {
    return one.channel == letter.channel.str() && one.account == letter.account.str();
  });
  return found == routes.end() ? nullptr : &*found;
}

schema::Result<adapters::Received> received_again(const ingest::Route& route,
                                                  const adapters::HttpRequest& request) {
  return route.webhook->receive_again(request);
}

schema::Result<adapters::Received> received_again(const ingest::PollRoute& route,
                                                  const adapters::HttpRequest& request) {
  auto messages = route.poll->read_again(request.body, request.received_at);
  if (!messages) return std::unexpected(std::move(messages.error()));
  adapters::Received received;
  received.messages = *std::move(messages);
  return received;
}

// The bytes of a dead letter as what the adapter makes of them now.
template <class Route>
schema::Result<std::vector<ingest::Entry>> read_again(const schema::DeadLetter& letter,
                                                      const Route& route,
                                                      const std::string& traceparent,
                                                      const Readers& readers) {
  const auto path = "/" + route.channel + "/" + route.account;
  const std::array<adapters::HeaderView, 1> headers{{{"Content-Type", letter.media_type}}};
  const adapters::HttpRequest request{.method = "POST",
                                      .path = path,
                                      .query = {},
                                      .headers = headers,
                                      .body = letter.payload,
                                      .client = {},
                                      .received_at = letter.received_at};
  const auto received = received_again(route, request);
  if (!received) return std::unexpected(received.error());
  return ingest::entries_for(*received, request,
                             ingest::origin_of(route, readers.identity, readers.payload_bytes_max),
                             traceparent);
}

// A message that Kafka had refused: it stands in the letter as it was.
schema::Result<std::vector<ingest::Entry>> refused_message(const schema::DeadLetter& letter,
                                                           const std::string& traceparent) {
  const auto message = schema::decode(letter.payload);
  if (!message) return std::unexpected(message.error());
  if (!schema::validate(*message).empty())
    return schema::fail(schema::Fault::malformed, "not a valid message");
  ingest::Entry entry;
  entry.id = message->id.bytes();
  entry.record.event = schema::cloud_event(*message, traceparent);
  entry.record.key = entry.record.event.partitionkey;
  entry.record.value = letter.payload;
  return std::vector{std::move(entry)};
}

Judged understood(std::vector<ingest::Entry> entries, const schema::CloudEvent& of,
                  const KnownIds& known, const std::string& replayed_at) {
  Judged judged{Fate::not_understood, "no message in it", {}};
  for (auto& entry : entries) {
    if (entry.kind == ingest::EntryKind::dead_letter) {
      if (judged.records.empty() && judged.fate == Fate::not_understood)
        judged.why = schema::decode_dead_letter(entry.record.value)->reason;
      continue;
    }
    auto& event = entry.record.event;
    if (known.erased.contains(event.id)) {
      if (judged.records.empty()) judged.fate = Fate::erased;
    } else if (known.present.contains(event.id)) {
      if (judged.records.empty()) judged.fate = Fate::present;
    } else {
      judged.fate = Fate::replayed;
      event.replayed = replayed_at;
      event.replayed_from = schema::replayed_from_dead_letters;
      event.first_sequence = of.first_sequence;
      judged.records.push_back(std::move(entry.record));
    }
  }
  return judged;
}

}  // namespace

Judged judge_message(const kafka::ConsumedRecord& record, const ReplayFilter& filter,
                     const KnownIds& known, const std::string& replayed_at) {
  auto event = schema::cloud_event_in(record.headers);
  if (!event || !record.key || !record.value) return {Fate::unreadable, {}, {}};
  if (!is_asked_for(*event, filter)) return {Fate::passed_over, {}, {}};
  // What a dead letter has become may be the only record of its message.
  if (!event->replayed.empty() && event->replayed_from != schema::replayed_from_dead_letters)
    return {Fate::replay, {}, {}};
  const bool is_erasure = event->type == "qnzs.message.erase.v1";
  const bool is_erased =
      known.erased.contains(event->id) || known.erased.contains(target_of(*event, *record.value));
  if (is_erased && !is_erasure) return {Fate::erased, {}, {}};
  event->replayed = replayed_at;
  event->replayed_from = schema::replayed_from_messages;
  Judged judged{Fate::replayed, {}, {}};
  judged.records.push_back(
      {schema::Topic::messages, *record.key, *std::move(event), *record.value});
  return judged;
}

Judged judge_dead_letter(const kafka::ConsumedRecord& record, const ReplayFilter& filter,
                         const KnownIds& known, const std::string& replayed_at,
                         const Readers& readers) {
  const auto event = schema::cloud_event_in(record.headers);
  const auto letter = schema::decode_dead_letter(record.value.value_or(""));
  if (!event || !letter) return {Fate::unreadable, {}, {}};
  if (!is_asked_for(*event, filter) || (!filter.reason.empty() && filter.reason != letter->reason))
    return {Fate::passed_over, {}, {}};
  if (std::cmp_less(letter->payload.size(), letter->payload_bytes))
    return {Fate::truncated, {}, {}};
  const auto* route = route_of(*letter, readers.routes);
  const auto* poll = route_of(*letter, readers.polls);
  if (route == nullptr && poll == nullptr) return {Fate::no_account, {}, {}};
  auto entries = letter->reason == refused_by_kafka ? refused_message(*letter, event->traceparent)
                 : route != nullptr ? read_again(*letter, *route, event->traceparent, readers)
                                    : read_again(*letter, *poll, event->traceparent, readers);
  if (!entries) {
    return {Fate::not_understood,
            std::string(schema::consequence(entries.error().fault).label) + ": " +
                entries.error().reason,
            {}};
  }
  return understood(*std::move(entries), *event, known, replayed_at);
}

}  // namespace qnzs::cli
