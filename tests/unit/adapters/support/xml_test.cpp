#include "adapters/support/xml.hpp"

#include <doctest/doctest.h>

using qnzs::adapters::support::parse_xml;
using qnzs::adapters::support::XmlDocument;
using qnzs::schema::Fault;

namespace {

XmlDocument parsed(const std::string& bytes) {
  auto document = parse_xml(bytes);
  REQUIRE_MESSAGE(document, bytes);
  return *std::move(document);
}

// The text of <x>, and whether anything was replaced.
struct Text {
  std::string text;
  bool is_replaced;
  bool operator==(const Text&) const = default;
};
Text text_of(const std::string& inside) {
  const auto document = parsed("<x>" + inside + "</x>");
  CHECK_FALSE(document.repairs.control_characters_removed);
  return {std::string(document.root.text), document.repairs.replacement_characters};
}

const std::string replaced = "\xEF\xBF\xBD";

}  // namespace

TEST_CASE("A numeric reference in CDATA is text and stays as it is") {
  for (const char* text : {"a&#0;b", "a&#4294967296;b", "a&#xD800;b", "a&#10;b", "&#;", "&#"})
    CHECK(text_of("<![CDATA[" + std::string(text) + "]]>") == Text{text, false});
}

TEST_CASE("A reference to what is no character becomes U+FFFD, and nothing behind it is lost") {
  for (const char* reference :
       {"&#0;", "&#x0;", "&#000;", "&#4294967296;", "&#18446744073709551616;", "&#x110000;",
        "&#x100000041;", "&#xD800;", "&#xDFFF;", "&#xFFFE;", "&#65535;", "&#2;", "&#x1f;"})
    CHECK(text_of("救命" + std::string(reference) + "在北京路") ==
          Text{"救命" + replaced + "在北京路", true});
}

TEST_CASE("A reference to a character is that character") {
  CHECK(text_of("&#24189;&#x5E74;&#x1F600;&#9;&#x10FFFF;&lt;&amp;&quot;") ==
        Text{"幽年😀\t\xF4\x8F\xBF\xBF<&\"", false});
}

TEST_CASE("What only looks like a reference is text") {
  for (const char* text : {"&#", "&#;", "&#x;", "&#12", "&#x1g;", "&#X0;", "&#-1;", "a&b"})
    CHECK(text_of(text) == Text{text, false});
}

TEST_CASE("References are looked for behind CDATA, comments, instructions and quoted attributes") {
  for (const char* before : {"<![CDATA[]]>", "<!-- <![CDATA[ -->", "<?a <![CDATA[ ?>"})
    CHECK(text_of(before + std::string("a&#0;b")) == Text{"a" + replaced + "b", true});
  const auto quoted = parsed("<x y=\"<![CDATA[>\">a&#0;b</x>");
  CHECK(quoted.root.text == "a" + replaced + "b");
}

TEST_CASE("A text in several pieces is joined, and white space between elements is none") {
  CHECK(text_of("<![CDATA[a]]>b<![CDATA[]]]]><![CDATA[>]]>") == Text{"ab]]>", false});
  const auto document = parsed("<x>\n <a>1</a>\n <b> </b>\n</x>");
  CHECK(document.root.text.empty());
  CHECK(document.root.find("B")->text == " ");
  CHECK(parsed("<x>救命<br/></x>").root.text == "救命");
}

TEST_CASE("Control characters and bytes that are not UTF-8 are repaired and said") {
  const auto document = parsed(std::string("<x>a\0b\xff</x>", 11));
  CHECK(document.root.text == "ab" + replaced);
  CHECK(document.repairs.control_characters_removed);
  CHECK(document.repairs.replacement_characters);
}

TEST_CASE("What is no document, or has a DOCTYPE, is malformed, with a word that says which") {
  for (const char* bytes : {"", "x", "<x>", "<x></y>", "<x/><y/>", "<x>a<b</x>", "<x>&#0;"})
    CHECK(parse_xml(bytes).error().fault == Fault::malformed);
  CHECK(parse_xml("<!DOCTYPE x><x/>").error().reason == "xml_doctype");
  CHECK(parse_xml("<x>").error().reason == "xml_malformed");
}

TEST_CASE("Depth and number of elements are bounded, to the very one") {
  const auto nested = [](std::size_t depth) {
    std::string open, close;
    for (std::size_t i = 0; i < depth; ++i) {
      open += "<x>";
      close += "</x>";
    }
    return open + close;
  };
  CHECK(parse_xml(nested(16)));
  CHECK(parse_xml(nested(17)).error().reason == "xml_too_large");
  CHECK(parse_xml("<x><a/><a/></x>", {.depth_max = 2, .elements_max = 3}));
  CHECK_FALSE(parse_xml("<x><a/><a/></x>", {.depth_max = 2, .elements_max = 2}));
}

TEST_CASE("A document keeps its texts when it is moved, also a short one") {
  auto document = parsed("<x><a>1</a></x>");
  const auto moved = std::move(document);
  CHECK(moved.root.find("a")->text == "1");
}
