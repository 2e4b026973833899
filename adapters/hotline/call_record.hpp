#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

// The call record that desks send: one table says what may stand in it. Checking, the JSON Schema
// (call-record.schema.json) and what a message keeps under `ext` all follow from it.
namespace qnzs::adapters::hotline {

// Bytes of one record: an hour and a half of talk with its transcript fits.
inline constexpr std::int64_t record_bytes_max = 256 * 1024;
inline constexpr std::size_t record_depth_max = 12;
inline constexpr std::int64_t texts_characters_max = 500;  // of each text in a list

enum class Shape : std::uint8_t {
  text,     // at most `max` characters
  phone,    // digits and + - * # ( ) 转: never a number, never 1.38E+10
  time,     // RFC 3339 with an offset
  integer,  // `min` to `max`
  real,     // 0 to 1
  flag,
  word,     // one of `choices`
  digest,   // SHA-256, 64 lower-case hex digits
  texts,    // a list of at most `max` texts
  object,   // of `members`
  objects,  // a list of at most `max` objects of `members`
  free,     // any object: the desk's own
};

struct Member {
  std::string_view name;
  Shape shape = Shape::text;
  std::string_view description;  // Chinese, for the JSON Schema
  std::int64_t min = 0, max = 0;
  std::span<const std::string_view> choices = {};
  std::span<const Member> members = {};
  bool is_required = false;
  bool has_place = false;  // stands in a member of the message, so not again under `ext`
};

// The members of a record. One that is not required may also be null, which is as if it were
// absent.
std::span<const Member> call_record();

// The table as JSON Schema, draft 2020-12: the text of call-record.schema.json.
std::string call_record_schema();

}  // namespace qnzs::adapters::hotline
