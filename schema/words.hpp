#pragma once

#include "schema/message.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

// The words that stand for our enums in documents: one list each, in the order of the enumerators.
namespace qnzs::schema {

template <class Enum>
struct Words;
template <>
struct Words<Action> {
  static constexpr std::array<std::string_view, 4> list{"new", "update", "delete", "erase"};
};
template <>
struct Words<Kind> {
  static constexpr std::array<std::string_view, 3> list{"message", "event", "receipt"};
};
template <>
struct Words<Visibility> {
  static constexpr std::array<std::string_view, 3> list{"public", "private", "confidential"};
};
template <>
struct Words<AuthorRole> {
  static constexpr std::array<std::string_view, 4> list{"person", "operator", "system",
                                                        "organisation"};
};
template <>
struct Words<RecipientRole> {
  static constexpr std::array<std::string_view, 3> list{"to", "cc", "bcc"};
};
template <>
struct Words<AttachmentState> {
  static constexpr std::array<std::string_view, 4> list{"pending", "stored", "gone", "refused"};
};
template <>
struct Words<CallDirection> {
  static constexpr std::array<std::string_view, 2> list{"inbound", "outbound"};
};
template <>
struct Words<SegmentRole> {
  static constexpr std::array<std::string_view, 3> list{"caller", "operator", "system"};
};
template <>
struct Words<PiiClass> {
  static constexpr std::array<std::string_view, 9> list{
      "name", "phone", "email", "address", "id_number", "health", "minor", "user_id", "other"};
};
template <>
struct Words<MediaPart::Type> {
  static constexpr std::array<std::string_view, 4> list{"image", "voice", "video", "file"};
};

// The word of a value; "unknown" for a value without one (validation refuses to write it).
template <class Enum>
constexpr std::string_view word(Enum value) {
  const auto index = static_cast<std::size_t>(value);
  return index < Words<Enum>::list.size() ? Words<Enum>::list[index] : "unknown";
}

// The value of a word; one past the last word, which is `unknown`, for a word that is not ours.
template <class Enum>
constexpr Enum from_word(std::string_view text) {
  const auto& list = Words<Enum>::list;
  return static_cast<Enum>(std::ranges::find(list, text) - list.begin());
}

}  // namespace qnzs::schema
