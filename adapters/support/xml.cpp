#include "adapters/support/xml.hpp"

#include <pugixml.hpp>

#include <algorithm>

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
  // `has_references`: numeric references, which may stand for what no text may hold.
  Builder(XmlDocument& document, const XmlLimits& limits, bool has_references)
      : document_(document), limits_(limits), has_references_(has_references) {}

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
    if (!element.children.empty()) {
      element.text = {};  // white space between elements
    } else if (has_references_ && !is_clean_text(element.text)) {
      element.text = document_.joined.emplace_back(clean_text(element.text, document_.repairs));
    }
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
  const bool has_references_;
  std::size_t elements_ = 0;
};

// A reference to NUL would end a text in the middle, unseen.
bool refers_to_nul(std::string_view bytes) {
  for (auto at = bytes.find("&#"); at != std::string_view::npos; at = bytes.find("&#", at + 2)) {
    auto digits = bytes.substr(at + 2);
    if (digits.starts_with('x')) digits.remove_prefix(1);
    const auto end = digits.find_first_not_of('0');
    if (end != std::string_view::npos && end > 0 && digits[end] == ';') return true;
  }
  return false;
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
  const bool has_references = bytes.contains("&#");
  if (has_references && refers_to_nul(bytes))
    return schema::fail(Fault::malformed, "xml_malformed");
  document.bytes = clean_text(bytes, document.repairs);
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
  if (!Builder(document, limits, has_references).build(root, document.root, 1)) {
    return schema::fail(Fault::too_large, "xml_too_large");
  }
  return document;
}

}  // namespace qnzs::adapters::support
