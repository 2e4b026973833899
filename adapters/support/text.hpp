#pragma once

#include <string>
#include <string_view>

namespace qnzs::adapters::support {

// What had to be done to bytes before they could be a text; adapters tell it as flags.
struct Repairs {
  bool control_characters_removed = false;
  bool replacement_characters = false;  // what was no character became U+FFFD
};

inline constexpr std::string_view replacement_character = "\xEF\xBF\xBD";  // U+FFFD

// True when `bytes` is UTF-8 of characters that XML 1.0 §2.2 allows (so no control characters but
// tab, LF and CR, and neither U+FFFE nor U+FFFF).
bool is_clean_text(std::string_view bytes);

// The same text without what is not allowed; each byte that is not UTF-8 becomes U+FFFD. Says in
// `repairs` what was done; never says that nothing was done when something was.
std::string clean_text(std::string_view bytes, Repairs& repairs);

}  // namespace qnzs::adapters::support
