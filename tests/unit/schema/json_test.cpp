#include "schema/json.hpp"

#include <doctest/doctest.h>

namespace json = qnzs::schema::json;

TEST_CASE("A document comes back as it was, in order") {
  const std::string text = R"({"b":[1,-2.5,true,null,"好😀\n\""],"a":{}})";
  const auto value = json::parse(text);
  REQUIRE(value);
  CHECK(json::write(*value) == text);
  CHECK(*json::parse(json::write_pretty(*value)) == *value);
}

TEST_CASE("What RFC 8259 does not allow is refused") {
  for (const char* wrong :
       {"", "{", "[1,]", "{\"a\":1,\"a\":2}", "01", "nul", "\"\xff\"", "1 2", "[1e999]",
        "99999999999999999999", "\"\\ud800\"", "{'a':1}", "\"a\nb\""}) {
    CAPTURE(wrong);
    CHECK_FALSE(json::parse(wrong));
  }
}

TEST_CASE("Depth and size are bounded") {
  const std::string deep = std::string(40, '[') + std::string(40, ']');
  CHECK_FALSE(json::parse(deep));
  CHECK(json::parse(deep, {.bytes_max = 1000, .depth_max = 64}));
  CHECK_FALSE(json::parse("[1,2,3]", {.bytes_max = 3, .depth_max = 8}));
}

TEST_CASE("Integers keep all their digits") {
  CHECK(*json::parse("9223372036854775807")->integer() == 9223372036854775807);
  CHECK(json::write(*json::parse("-9223372036854775808")) == "-9223372036854775808");
}

TEST_CASE("UTF-8 is that of RFC 3629: no surrogates, no overlong forms") {
  CHECK(json::is_utf8("好😀"));
  CHECK_FALSE(json::is_utf8("\xed\xa0\x80"));
  CHECK_FALSE(json::is_utf8("\xc0\xaf"));
  CHECK_FALSE(json::is_utf8("\xf4\x90\x80\x80"));
  CHECK_FALSE(json::is_utf8("\xe5\xa5"));
}

TEST_CASE("What must be escaped is, wherever in a long text it stands") {
  const std::string plain(100, 'x');
  for (std::size_t at = 0; at <= plain.size(); ++at) {
    for (const char* piece : {"\"", "\\", "\n", "\x1f", "好", "\x7f"}) {
      auto text = plain;
      text.insert(at, piece);
      CHECK(*json::parse(json::write(json::Value(text)))->text() == text);
    }
    auto broken = plain;
    broken.insert(at, "\xff");
    CHECK(json::is_utf8(plain));
    CHECK_FALSE(json::is_utf8(broken));
  }
}
