#include "gateway/ingest/journal_framing.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace qnzs::ingest {
namespace {

constexpr char version = 1;
constexpr std::size_t length_bytes = 4;

// Every text of a record, in the order of the format. The order never changes.
template <class Record>
auto texts_of(Record& record) {
  auto& event = record.event;
  return std::array{&record.key,        &event.id,      &event.source,     &event.type,
                    &event.time,        &event.subject, &event.dataschema, &event.partitionkey,
                    &event.traceparent, &record.value};
}

void put_length(std::string& out, std::size_t length) {
  std::array<char, length_bytes> bytes{};
  for (std::size_t i = 0; i < length_bytes; ++i)
    bytes[i] = static_cast<char>((length >> (8 * i)) & 0xff);
  out.append(bytes.data(), bytes.size());
}

std::size_t get_length(std::string_view bytes) {
  std::size_t length = 0;
  for (std::size_t i = 0; i < length_bytes; ++i) {
    length |= std::size_t{static_cast<std::uint8_t>(bytes[i])} << (8 * i);
  }
  return length;
}

}  // namespace

std::string frame(const kafka::Record& record) {
  const auto parts = texts_of(record);
  std::size_t size = 2;
  for (const auto* text : parts) size += length_bytes + text->size();
  std::string out;
  out.reserve(size);
  out.push_back(version);
  out.push_back(static_cast<char>(record.topic));
  for (const auto* text : parts) {
    put_length(out, text->size());
    out += *text;
  }
  return out;
}

schema::Result<kafka::Record> unframe(std::string_view bytes) {
  const auto malformed = [](const char* why) {
    return schema::fail(schema::Fault::malformed, why);
  };
  if (bytes.size() < 2 || bytes[0] != version) return malformed("record framing: unknown version");
  kafka::Record record;
  record.topic = static_cast<schema::Topic>(bytes[1]);
  const auto is_this = [&](const schema::TopicName& known) { return known.topic == record.topic; };
  if (!std::ranges::any_of(schema::topics, is_this))
    return malformed("record framing: unknown topic");
  bytes.remove_prefix(2);
  for (auto* text : texts_of(record)) {
    if (bytes.size() < length_bytes) return malformed("record framing: cut");
    const auto length = get_length(bytes);
    bytes.remove_prefix(length_bytes);
    if (bytes.size() < length) return malformed("record framing: cut");
    text->assign(bytes.substr(0, length));
    bytes.remove_prefix(length);
  }
  if (!bytes.empty()) return malformed("record framing: trailing bytes");
  return record;
}

}  // namespace qnzs::ingest
