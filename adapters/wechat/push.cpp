#include "adapters/wechat/push.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace qnzs::adapters::wechat {
namespace {

using schema::json::Array;
using schema::json::Object;
using schema::json::Value;
using support::XmlElement;

constexpr std::array<std::string_view, 6> common{"tousername", "fromusername", "createtime",
                                                 "msgtype",    "encrypt",      "event"};

Value value_of(const XmlElement& element);

// Repeated children become one array; `item` and `List` may come once or many times, so they always
// are.
Object members_of(const XmlElement& element) {
  Object members;
  for (const auto& child : element.children) {
    const auto known = std::ranges::find(members, child.name, &schema::json::Member::first);
    const bool is_list = child.name == "item" || child.name == "List" || child.name == "PicList";
    if (known == members.end()) {
      auto value = value_of(child);
      members.emplace_back(child.name, is_list ? Value(Array{std::move(value)}) : std::move(value));
    } else if (auto* list = known->second.array()) {
      list->push_back(value_of(child));
    } else {
      Array both{std::move(known->second), value_of(child)};
      known->second = std::move(both);
    }
  }
  return members;
}

Value value_of(const XmlElement& element) {
  if (element.children.empty()) return Value(element.text);
  return Value(members_of(element));
}

template <class Number>
std::optional<Number> parse(std::string_view text) {
  Number number{};
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (text.empty() || error != std::errc{} || stop != end) return std::nullopt;
  return number;
}

}  // namespace

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& letter : result) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  return result;
}

std::string_view Push::text(std::string_view name) const {
  const auto* element = root_.find(name);
  return element == nullptr ? std::string_view{} : element->text;
}

std::optional<std::int64_t> Push::integer(std::string_view name) const {
  return parse<std::int64_t>(text(name));
}

std::optional<double> Push::real(std::string_view name) const {
  const auto number = parse<double>(text(name));
  return number && std::isfinite(*number) ? number : std::nullopt;
}

Object Push::rest(std::initializer_list<std::string_view> taken) const {
  auto members = members_of(root_);
  std::erase_if(members, [&](const schema::json::Member& member) {
    const auto name = lower(member.first);
    const auto is_name = [&](std::string_view other) { return name == lower(other); };
    return std::ranges::find(common, name) != common.end() || std::ranges::any_of(taken, is_name);
  });
  return members;
}

}  // namespace qnzs::adapters::wechat
