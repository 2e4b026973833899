#pragma once

#include "adapters/support/text.hpp"
#include "schema/error.hpp"

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <vector>

// XML as messaging platforms use it: elements and texts. Attributes, comments and processing
// instructions are ignored; CDATA and plain text are the same.
namespace qnzs::adapters::support {

struct XmlElement {
  std::string_view name;
  std::string_view text;  // its own texts, joined; "" when white space only stands between elements
  std::vector<XmlElement> children;

  // The first child of that name (ASCII case ignored), or null.
  const XmlElement* find(std::string_view child) const;
};

// A document that owns what its elements' views point to. Movable, not copyable.
struct XmlDocument {
  std::string bytes;
  std::list<std::string> joined;  // texts of several pieces; nodes stay where they are when moved
  XmlElement root;
  Repairs repairs;

  XmlDocument() = default;
  XmlDocument(XmlDocument&&) = default;
  XmlDocument& operator=(XmlDocument&&) = default;
  XmlDocument(const XmlDocument&) = delete;
  XmlDocument& operator=(const XmlDocument&) = delete;
};

struct XmlLimits {
  std::size_t depth_max = 16;
  std::size_t elements_max = 5000;
};

// Parses `bytes` after removing what no XML text may hold; numeric references outside CDATA that
// stand for no character become U+FFFD (both told in `repairs`). Only the five predefined entities
// and numeric references; a DOCTYPE is refused, so that nothing is expanded or fetched. Faults:
// malformed, too_large; the reason is one word, for dead letters.
schema::Result<XmlDocument> parse_xml(std::string_view bytes, const XmlLimits& limits = {});

}  // namespace qnzs::adapters::support
