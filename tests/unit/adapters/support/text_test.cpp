#include "adapters/support/text.hpp"

#include <doctest/doctest.h>

using qnzs::adapters::support::clean_text;
using qnzs::adapters::support::is_clean_text;
using qnzs::adapters::support::Repairs;

namespace {

struct Cleaned {
  std::string text;
  bool is_removed, is_replaced;
  bool operator==(const Cleaned&) const = default;
};
Cleaned cleaned(std::string_view bytes) {
  Repairs repairs;
  auto text = clean_text(bytes, repairs);
  CHECK(is_clean_text(text));
  CHECK(is_clean_text(bytes) == (text == bytes));
  return {std::move(text), repairs.control_characters_removed, repairs.replacement_characters};
}

const std::string replaced = "\xEF\xBF\xBD";

}  // namespace

TEST_CASE("A text that is clean stays as it is and nothing is said") {
  for (const char* text : {"", "救命", "a\tb\r\nc", "😀", "\x7f", "\xEF\xBF\xBD"})
    CHECK(cleaned(text) == Cleaned{text, false, false});
}

TEST_CASE("Control characters and noncharacters go, and that is said") {
  CHECK(cleaned({"a\0b\x1f", 4}) == Cleaned{"ab", true, false});
  CHECK(cleaned("a\xEF\xBF\xBE\xEF\xBF\xBF") == Cleaned{"a", true, false});
}

TEST_CASE("Every byte that is not UTF-8 becomes U+FFFD, and that is said") {
  CHECK(cleaned("a\xff"
                "b") == Cleaned{"a" + replaced + "b", false, true});
  CHECK(cleaned("\xE6\x95") == Cleaned{replaced + replaced, false, true});  // cut
  CHECK(cleaned("\xC0\x80") == Cleaned{replaced + replaced, false, true});  // overlong NUL
  CHECK(cleaned("\xED\xA0\x80") == Cleaned{replaced + replaced + replaced, false, true});
  CHECK(cleaned("\x80救\x02") == Cleaned{replaced + "救", true, true});
}
