#include "gateway/ingest/journal_aside.hpp"

#include "schema/codec.hpp"
#include "schema/crypto.hpp"

#include <algorithm>
#include <cstdint>
#include <string>

namespace qnzs::ingest {
namespace {

constexpr std::string_view refused_by_kafka = "refused_by_kafka";
constexpr std::string_view damaged_in_journal = "damaged_in_journal";

EntryId id_instead_of(std::string_view reason, std::string_view bytes) {
  const auto digest = schema::crypto::sha256({reason, bytes});
  EntryId derived{};
  std::copy_n(digest.begin(), derived.size(), derived.begin());
  return derived;
}

// "/qnzs/{channel}/{account}" → the two.
void name_origin(schema::DeadLetter& letter, std::string_view source) {
  constexpr std::string_view prefix = "/qnzs/";
  if (source.starts_with(prefix)) source.remove_prefix(prefix.size());
  const auto slash = source.find('/');
  letter.channel = schema::ChannelName(std::string(source.substr(0, slash)));
  if (slash != std::string_view::npos) {
    letter.account = schema::AccountName(std::string(source.substr(slash + 1)));
  }
}

schema::DeadLetter letter_about(const kafka::Record& record, std::size_t payload_bytes_max) {
  schema::DeadLetter letter;
  name_origin(letter, record.event.source);
  if (const auto message = schema::decode(record.value)) letter.site = message->site.code;
  letter.reason = refused_by_kafka;
  letter.media_type = "application/json";
  letter.payload = record.value.substr(0, payload_bytes_max);
  letter.payload_bytes = static_cast<std::int64_t>(record.value.size());
  letter.payload_sha256 = schema::crypto::hex(schema::crypto::sha256({record.value}));
  return letter;
}

Entry entry_of(schema::DeadLetter letter, const EntryId& id, std::string_view traceparent) {
  Entry entry;
  entry.kind = EntryKind::dead_letter;
  entry.id = id;
  letter.id = schema::MessageId(entry.id);
  entry.record.topic = schema::Topic::dead_letters;
  entry.record.event = schema::cloud_event(letter, traceparent);
  entry.record.key = entry.record.event.partitionkey;
  entry.record.value = schema::encode(letter);
  return entry;
}

}  // namespace

std::optional<Entry> entry_instead_of(const kafka::Record& record, const EntryId& id,
                                      EntryKind kind, std::string_view reason,
                                      std::size_t payload_bytes_max,
                                      std::chrono::sys_time<std::chrono::milliseconds> now) {
  schema::DeadLetter letter;
  if (kind == EntryKind::dead_letter) {
    auto refused = schema::decode_dead_letter(record.value);
    if (!refused || refused->payload.empty()) return std::nullopt;
    letter = *std::move(refused);
    letter.payload.resize(letter.payload.size() / 4);
  } else {
    letter = letter_about(record, payload_bytes_max);
    letter.received_at = schema::Timestamp{now};
  }
  letter.detail = reason;
  const std::string_view bytes(reinterpret_cast<const char*>(id.data()), id.size());
  return entry_of(std::move(letter), id_instead_of(refused_by_kafka, bytes),
                  record.event.traceparent);
}

Entry entry_about_damage(std::uint64_t sequence, const EntryId& id, std::string_view sealed,
                         std::string_view reason, std::size_t payload_bytes_max,
                         std::chrono::sys_time<std::chrono::milliseconds> now) {
  schema::DeadLetter letter;
  letter.channel = schema::ChannelName("unknown");
  letter.account = schema::AccountName("unknown");
  letter.site = schema::SiteCode("unknown");
  letter.reason = damaged_in_journal;
  letter.detail = "sequence " + std::to_string(sequence) + ", id " + schema::MessageId(id).hex() +
                  ": " + std::string(reason);
  letter.media_type = "application/octet-stream";
  letter.payload = sealed.substr(0, payload_bytes_max);
  letter.payload_bytes = static_cast<std::int64_t>(sealed.size());
  letter.payload_sha256 = schema::crypto::hex(schema::crypto::sha256({sealed}));
  letter.received_at = schema::Timestamp{now};
  return entry_of(std::move(letter), id_instead_of(damaged_in_journal, std::to_string(sequence)),
                  {});
}

}  // namespace qnzs::ingest
