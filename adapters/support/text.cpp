#include "adapters/support/text.hpp"

#include "schema/json.hpp"
#include "schema/scan.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace qnzs::adapters::support {
namespace {

bool is_control(unsigned char code) {
  return code < 0x20 && code != 0x09 && code != 0x0A && code != 0x0D;
}

// U+FFFE and U+FFFF.
bool is_noncharacter(std::string_view sequence) {
  return sequence == "\xEF\xBF\xBE" || sequence == "\xEF\xBF\xBF";
}

// Length of the UTF-8 sequence at the front, or 0 when there is none.
std::size_t sequence_length(std::string_view bytes) {
  const auto first = static_cast<std::uint8_t>(bytes.front());
  const std::size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  const auto sequence = bytes.substr(0, length);
  return sequence.size() == length && schema::json::is_utf8(sequence) ? length : 0;
}

bool has_noncharacter(std::string_view bytes) {
  return bytes.contains("\xEF\xBF\xBE") || bytes.contains("\xEF\xBF\xBF");
}

}  // namespace

bool is_clean_text(std::string_view bytes) {
  return schema::ordinary_run(bytes, is_control) == bytes.size() && schema::json::is_utf8(bytes) &&
         !has_noncharacter(bytes);
}

std::string clean_text(std::string_view bytes, Repairs& repairs) {
  if (is_clean_text(bytes)) return std::string(bytes);
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const auto length = sequence_length(bytes);
    const auto sequence = bytes.substr(0, std::max<std::size_t>(length, 1));
    if (length == 0) {
      text += replacement_character;
      repairs.replacement_characters = true;
    } else if (is_control(static_cast<unsigned char>(sequence.front())) ||
               is_noncharacter(sequence)) {
      repairs.control_characters_removed = true;
    } else {
      text += sequence;
    }
    bytes.remove_prefix(sequence.size());
  }
  return text;
}

}  // namespace qnzs::adapters::support
