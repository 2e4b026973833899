#include "tools/cli/printable.hpp"

#include <fmt/format.h>

namespace qnzs::cli {
namespace {

constexpr char32_t replacement = 0xfffd;
constexpr char32_t line_separator = 0x2028, paragraph_separator = 0x2029;

struct Letter {
  char32_t point = replacement;
  std::size_t bytes = 1;
};

// The first letter of a text that is not empty; `replacement` for a byte that begins none.
Letter first_letter(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return {lead, 1};
  const std::size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < bytes) return {};
  char32_t point = lead & (0x7fU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xc0U) != 0x80) return {};
    point = point << 6 | (next & 0x3fU);
  }
  const bool is_overlong = point < (bytes == 4 ? 0x10000U : bytes == 3 ? 0x800U : 0x80U);
  const bool is_surrogate = point >= 0xd800 && point <= 0xdfff;
  if (is_overlong || is_surrogate || point > 0x10ffff) return {};
  return {point, bytes};
}

bool is_control(char32_t point) {
  return point < 0x20 || (point >= 0x7f && point <= 0x9f);
}

bool is_line_break(char32_t point) {
  return point == '\n' || point == '\r' || point == '\t' || point == line_separator ||
         point == paragraph_separator;
}

// UAX #9: embeddings, overrides, isolates and marks.
bool turns_direction(char32_t point) {
  return point == 0x061c || point == 0x200e || point == 0x200f ||
         (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069);
}

// The text with each letter as `show` writes it; "" keeps it.
template <class Show>
std::string shown(std::string_view text, Show show) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const auto letter = first_letter(text);
    const bool is_bad = letter.point == replacement && letter.bytes == 1;
    const auto instead = is_bad ? std::string("\ufffd") : show(letter.point);
    result += instead.empty() ? text.substr(0, letter.bytes) : instead;
    text.remove_prefix(letter.bytes);
  }
  return result;
}

}  // namespace

std::string printable(std::string_view text) {
  return shown(text, [](char32_t point) -> std::string {
    if (is_line_break(point)) return " ";
    if (!is_control(point) && !turns_direction(point)) return "";
    return fmt::format("<U+{:04X}>", static_cast<std::uint32_t>(point));
  });
}

std::string printable_json(std::string_view json) {
  return shown(json, [](char32_t point) -> std::string {
    if (point < 0x20) return "";  // between values: those in a text are escaped already
    if (!is_control(point) && !is_line_break(point) && !turns_direction(point)) return "";
    return fmt::format("\\u{:04x}", static_cast<std::uint32_t>(point));
  });
}

}  // namespace qnzs::cli
