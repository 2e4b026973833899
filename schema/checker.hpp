#pragma once

#include "schema/json.hpp"
#include "schema/message.hpp"
#include "schema/time.hpp"
#include "schema/validate.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// How validation looks at single values. Nothing is allocated as long as nothing is wrong: this
// runs for every message.
namespace qnzs::schema {

constexpr bool is_digit(char letter) {
  return letter >= '0' && letter <= '9';
}

// A JSON pointer that becomes a text only when it is needed: "/parts/3/text", or deeper
// "/parts/3/fields/7/value".
struct Place {
  std::string_view list;
  std::size_t index = 0;
  std::string_view member = {};
  std::optional<std::size_t> item = {};
  std::string_view item_member = {};
  Place operator/(std::string_view name) const {
    return item ? Place{list, index, member, item, name} : Place{list, index, name};
  }
  Place operator/(std::size_t number) const { return {list, index, member, number}; }
  std::string str() const;
};

// A member of an object whose names are not ours.
struct Member {
  std::string_view object;
  std::string_view name;
  std::string str() const;
};

// "/name", escaped (RFC 6901); nothing when the name itself could not stand in a message about it.
std::string step_to(std::string_view name);

class Checker {
 public:
  template <class Pointer>
  void expect(bool holds, const Pointer& pointer, std::string_view what) {
    if (!holds) note(pointer, what);
  }
  // UTF-8 without NUL and at most so many bytes.
  template <class Pointer>
  void text(const Pointer& pointer, std::string_view text, std::size_t bytes_max) {
    if (const auto what = fault_of(text, bytes_max); !what.empty()) note(pointer, what);
  }
  // The same, and not empty.
  template <class Pointer>
  void filled(const Pointer& pointer, std::string_view content, std::size_t bytes_max) {
    expect(!content.empty(), pointer, "empty");
    text(pointer, content, bytes_max);
  }
  template <class Pointer>
  void time(const Pointer& pointer, const Timestamp& time) {
    expect(is_writable(time), pointer, "outside the years 1 to 9999, or a wrong offset");
  }
  template <class Pointer>
  void natural(const Pointer& pointer, const std::optional<std::int64_t>& number) {
    expect(!number || *number >= 0, pointer, "negative");
  }
  template <class Pointer>
  void sha256(const Pointer& pointer, std::string_view hex, bool may_be_empty) {
    expect((may_be_empty && hex.empty()) || is_sha256(hex), pointer,
           "not 64 lower-case hex digits");
  }
  // A name of ours: not empty, ASCII letters, digits and . _ - only.
  void word(std::string_view pointer, std::string_view text);
  void words(std::string_view pointer, const std::vector<std::string>& list, std::size_t count_max);
  void count(std::string_view pointer, std::size_t count, std::size_t count_max);
  // Every name and text in the object's member is UTF-8 without NUL, and reals are finite.
  template <class Pointer>
  void tree(const Pointer& pointer, std::string_view name, const json::Value& value) {
    if (const auto below = fault_below(value))
      note(text_of(pointer) + step_to(name) + *below,
           "a text that is not UTF-8 or holds NUL, or a number not finite");
  }

  std::vector<Problem> take() { return std::move(problems_); }

 private:
  static std::string_view fault_of(std::string_view text, std::size_t bytes_max);
  // Where in the value the first fault is, as a pointer from there; nothing when there is none.
  static std::optional<std::string> fault_below(const json::Value& value);
  static bool is_writable(const Timestamp& time);
  static bool is_sha256(std::string_view hex);
  void note(std::string_view pointer, std::string_view what);
  void note(const Place& place, std::string_view what) { note(place.str(), what); }
  void note(const Member& member, std::string_view what) { note(member.str(), what); }
  static std::string text_of(std::string_view pointer) { return std::string(pointer); }
  static std::string text_of(const Place& place) { return place.str(); }

  std::vector<Problem> problems_;
};

// The parts of a message (validate_parts.cpp).
void check_parts(Checker& check, const std::vector<Part>& parts, std::size_t attachments);

}  // namespace qnzs::schema
