#include "tools/cli/printable.hpp"

#include "schema/json.hpp"

#include <doctest/doctest.h>

#include <utility>
#include <vector>

using qnzs::cli::printable;
using qnzs::cli::printable_json;

TEST_CASE("No byte that steers a terminal or turns its text is passed on") {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"\x1b[2J", "<U+001B>[2J"},
      {"a\x7f"
       "b",
       "a<U+007F>b"},
      {"\xc2\x80", "<U+0080>"},
      {"\xc2\x9b"
       "31m",
       "<U+009B>31m"},
      {"\xc2\x9f", "<U+009F>"},
      {"\xd8\x9c", "<U+061C>"},
      {"\xe2\x80\x8e\xe2\x80\x8f", "<U+200E><U+200F>"},
      {"\xe2\x80\xaa\xe2\x80\xae", "<U+202A><U+202E>"},
      {"\xe2\x81\xa6\xe2\x81\xa9", "<U+2066><U+2069>"},
      {"a\nb\r\xe2\x80\xa8", "a b  "}};
  for (const auto& [bytes, wanted] : cases) CHECK(printable(bytes) == wanted);
}

TEST_CASE("Text that harms nobody is kept byte by byte") {
  for (const char* text :
       {"", "你好,世界", "a\xc2\xa0z", "\xe2\x80\x94\xe2\x81\xa5", "😀 \xef\xbf\xbd"})
    CHECK(printable(text) == text);
}

TEST_CASE("What is no UTF-8 is replaced: lone bytes, cut and overlong ones, surrogates") {
  CHECK(printable("\x9b"
                  "31m") == "\ufffd31m");
  CHECK(printable("\xc2") == "\ufffd");
  CHECK(printable("\xe4\xbd") == "\ufffd\ufffd");
  CHECK(printable("\xc0\x9b") == "\ufffd\ufffd");
  CHECK(printable("\xe0\x82\x9b") == "\ufffd\ufffd\ufffd");
  CHECK(printable("\xed\xa0\x80") == "\ufffd\ufffd\ufffd");
  CHECK(printable("\xf4\x90\x80\x80") == "\ufffd\ufffd\ufffd\ufffd");
  CHECK(printable("\xff") == "\ufffd");
}

TEST_CASE("A JSON document is made printable and stays the same document") {
  const std::string text =
      "\xc2\x9b"
      "31m \xe2\x80\xae x\x7f\x1b 你好";
  const auto json = qnzs::schema::json::write_pretty(qnzs::schema::json::Object{{"text", text}});
  const auto safe = printable_json(json);
  for (const char* bad : {"\xc2\x9b", "\xe2\x80\xae", "\x7f", "\x1b"})
    CHECK_FALSE(safe.contains(bad));
  CHECK(safe.contains("你好"));
  CHECK(*qnzs::schema::json::parse(safe)->find("text")->text() == text);
}
