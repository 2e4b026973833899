#pragma once

#include "adapters/support/xml.hpp"
#include "schema/json.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace qnzs::adapters::wechat {

// One decrypted push, read by element name. Names are compared without case (`MsgId` and `MsgID`
// both occur); the views live as long as the document.
class Push {
 public:
  explicit Push(const support::XmlElement& root) : root_(root) {}

  // Text of an element, "" when it is absent.
  std::string_view text(std::string_view name) const;
  // Decimal integer; nothing when it is absent or no such number.
  std::optional<std::int64_t> integer(std::string_view name) const;
  std::optional<double> real(std::string_view name) const;

  // All elements but the common ones and those in `taken` (may be empty), nested ones as objects,
  // repeated ones as arrays.
  schema::json::Object rest(std::initializer_list<std::string_view> taken) const;

  std::string_view type() const { return text("MsgType"); }
  std::string_view sender() const { return text("FromUserName"); }

 private:
  const support::XmlElement& root_;
};

// ASCII lower case.
std::string lower(std::string_view text);

}  // namespace qnzs::adapters::wechat
