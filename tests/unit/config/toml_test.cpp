#include "config/toml.hpp"

#include <doctest/doctest.h>

#include <string>

using qnzs::config::find;
using qnzs::config::parse_toml;
using qnzs::config::toml_quoted;

TEST_CASE("a quoted text is read as the same text, whatever bytes of ASCII it holds") {
  std::string text = "青年";
  for (char byte = 1; byte < 0x7f; ++byte) text.push_back(byte);
  text.push_back(0x7f);
  text.push_back('\0');
  const auto parsed = parse_toml("a = " + toml_quoted(text), "file");
  REQUIRE_MESSAGE(parsed, parsed.error().str());
  const auto* value = find(std::get<qnzs::config::TomlTable>(parsed->value), "a");
  REQUIRE(value != nullptr);
  CHECK(std::get<std::string>(value->value) == text);
}
