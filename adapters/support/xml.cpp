#include "adapters/support/xml.hpp"

#include <pugixml.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace qnzs::adapters::support {
namespace {

using schema::Fault;

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

constexpr unsigned parse_flags = pugi::parse_cdata | pugi::parse_escapes | pugi::parse_eol |
                                 pugi::parse_doctype | pugi::parse_ws_pcdata_single;

// Copies pugixml's tree, bounded, into ours; texts stay where they are in the document's bytes.
class Builder {
 public:
  Builder(XmlDocument& document, const XmlLimits& limits) : document_(document), limits_(limits) {}

  bool build(const pugi::xml_node& node, XmlElement& element, std::size_t depth) {
    if (depth > limits_.depth_max || ++elements_ > limits_.elements_max) return false;
    element.name = node.name();
    std::string* pieces = nullptr;
    for (const auto& child : node.children()) {
      if (child.type() == pugi::node_element) {
        if (!build(child, element.children.emplace_back(), depth + 1)) return false;
      } else if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata) {
        add_text(element, child.value(), pieces);
      }
    }
    const bool is_blank = element.text.find_first_not_of(" \t\r\n") == std::string_view::npos;
    if (!element.children.empty() && is_blank) element.text = {};  // between elements
    return true;
  }

 private:
  void add_text(XmlElement& element, std::string_view text, std::string*& pieces) {
    if (element.text.empty()) {
      element.text = text;
      return;
    }
    if (pieces == nullptr) pieces = &document_.joined.emplace_back(element.text);
    pieces->append(text);
    element.text = *pieces;
  }

  XmlDocument& document_;
  const XmlLimits& limits_;
  std::size_t elements_ = 0;
};

// Where a piece of markup that begins at `at` ends: behind its last character.
std::size_t markup_end(std::string_view bytes, std::size_t at) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 3> literals{
      {{"<![CDATA[", "]]>"}, {"<!--", "-->"}, {"<?", "?>"}}};
  const auto rest = bytes.substr(at);
  for (const auto& [open, close] : literals) {
    if (!rest.starts_with(open)) continue;
    const auto end = rest.find(close, open.size());
    return end == std::string_view::npos ? bytes.size() : at + end + close.size();
  }
  char quote = 0;
  for (; at < bytes.size(); ++at) {
    const char letter = bytes[at];
    if (quote != 0) {
      if (letter == quote) quote = 0;
    } else if (letter == '"' || letter == '\'') {
      quote = letter;
    } else if (letter == '>') {
      return at + 1;
    }
  }
  return bytes.size();
}

// A numeric reference: how long it is, and what it stands for, cut at `beyond`.
struct Reference {
  static constexpr std::uint32_t beyond = 0x110000;
  std::size_t length = 0;
  std::uint32_t code = 0;
};

// The reference at the front of `text`, which begins with "&#"; length 0 when there is none.
Reference reference_at(std::string_view text) {
  const bool is_hex = text.substr(2).starts_with('x');
  const std::size_t first = is_hex ? 3 : 2;
  std::uint32_t code = 0;
  for (auto at = first; at < text.size(); ++at) {
    const char letter = lower(text[at]);
    if (letter == ';') return {at == first ? 0 : at + 1, code};
    const bool is_digit = letter >= '0' && letter <= '9';
    if (!is_digit && !(is_hex && letter >= 'a' && letter <= 'f')) return {};
    const auto digit = static_cast<std::uint32_t>(is_digit ? letter - '0' : letter - 'a' + 10);
    code = std::min(code * (is_hex ? 16 : 10) + digit, Reference::beyond);
  }
  return {};
}

// XML 1.0 §2.2, the production Char.
bool is_character(std::uint32_t code) {
  if (code < 0x20) return code == 0x09 || code == 0x0A || code == 0x0D;
  return code < Reference::beyond && (code < 0xD800 || code > 0xDFFF) && code != 0xFFFE &&
         code != 0xFFFF;
}

// Numeric references that stand for no character become U+FFFD here: the library would write NUL
// (the end of a text, unseen), wrap numbers around, or write half a surrogate pair. In CDATA they
// are text and stay.
std::string without_bad_references(std::string_view bytes, Repairs& repairs) {
  std::string kept;
  kept.reserve(bytes.size());
  for (std::size_t at = 0; at < bytes.size();) {
    const auto next = bytes.find_first_of("<&", at);
    kept.append(bytes.substr(at, next - at));
    if (next == std::string_view::npos) break;
    at = next;
    const auto rest = bytes.substr(at);
    const auto reference = rest.starts_with("&#") ? reference_at(rest) : Reference{};
    const auto size = rest.front() == '<'     ? markup_end(bytes, at) - at
                      : reference.length == 0 ? 1
                                              : reference.length;
    if (reference.length > 0 && !is_character(reference.code)) {
      kept.append(replacement_character);
      repairs.replacement_characters = true;
    } else {
      kept.append(rest.substr(0, size));
    }
    at += size;
  }
  return kept;
}

}  // namespace

const XmlElement* XmlElement::find(std::string_view child) const {
  const auto found = std::ranges::find_if(children, [&](const XmlElement& element) {
    return std::ranges::equal(element.name, child, {}, lower, lower);
  });
  return found == children.end() ? nullptr : &*found;
}

schema::Result<XmlDocument> parse_xml(std::string_view bytes, const XmlLimits& limits) {
  XmlDocument document;
  document.bytes = clean_text(bytes, document.repairs);
  if (document.bytes.contains("&#"))
    document.bytes = without_bad_references(document.bytes, document.repairs);
  // Short texts would move with the object; the views must not.
  document.bytes.reserve(64);
  pugi::xml_document tree;
  const auto parsed = tree.load_buffer_inplace(document.bytes.data(), document.bytes.size(),
                                               parse_flags, pugi::encoding_utf8);
  if (!parsed) return schema::fail(Fault::malformed, "xml_malformed");
  for (const auto& node : tree.children()) {
    if (node.type() == pugi::node_doctype) return schema::fail(Fault::malformed, "xml_doctype");
  }
  const auto root = tree.document_element();
  if (root.empty() || root.next_sibling()) return schema::fail(Fault::malformed, "xml_malformed");
  if (!Builder(document, limits).build(root, document.root, 1)) {
    return schema::fail(Fault::too_large, "xml_too_large");
  }
  return document;
}

}  // namespace qnzs::adapters::support
