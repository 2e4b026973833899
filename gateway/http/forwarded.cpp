#include "gateway/http/forwarded.hpp"

#include <boost/beast/core/string.hpp>

#include <algorithm>
#include <optional>

namespace qnzs::http {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Takes the last element off a list; a comma inside quotes is no end. Hosts and ports hold no
// escaped quote, so one that does is malformed anyway.
std::string_view take_last(std::string_view& list) {
  bool is_quoted = false;
  for (auto at = list.size(); at-- > 0;) {
    if (list[at] == '"') is_quoted = !is_quoted;
    if (list[at] != ',' || is_quoted) continue;
    const auto last = list.substr(at + 1);
    list = list.substr(0, at);
    return trimmed(last);
  }
  return trimmed(std::exchange(list, {}));
}

// "192.0.2.1", "192.0.2.1:80", "2001:db8::1", "[2001:db8::1]:80".
std::optional<config::IpAddress> node_address(std::string_view node) {
  if (node.starts_with('[')) {
    const auto end = node.find(']');
    return end == std::string_view::npos ? std::nullopt
                                         : config::parse_address(node.substr(1, end - 1));
  }
  if (std::ranges::count(node, ':') == 1) node = node.substr(0, node.find(':'));
  return config::parse_address(node);
}

// The value of for= in one element of Forwarded; the element itself in X-Forwarded-For.
std::string_view node_of(std::string_view element, bool is_rfc7239) {
  if (!is_rfc7239) return element;
  while (!element.empty()) {
    const auto end = element.find(';');
    const auto pair = trimmed(element.substr(0, end));
    element.remove_prefix(end == std::string_view::npos ? element.size() : end + 1);
    if (!boost::beast::iequals(pair.substr(0, 4), "for=")) continue;
    auto value = pair.substr(4);
    if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"'))
      value = value.substr(1, value.size() - 2);
    return value;
  }
  return {};
}

}  // namespace

bool is_in(const config::IpAddress& address, std::span<const config::Network> networks) {
  return std::ranges::any_of(
      networks, [&](const config::Network& network) { return network.contains(address); });
}

config::IpAddress forwarded_client(std::span<const adapters::HeaderView> headers,
                                   std::string_view name, const config::IpAddress& peer,
                                   std::span<const config::Network> trusted) {
  const bool is_rfc7239 = boost::beast::iequals(name, "Forwarded");
  auto client = peer;
  for (auto line = headers.rbegin(); line != headers.rend(); ++line) {
    if (!boost::beast::iequals(line->first, name)) continue;
    auto list = line->second;
    while (!list.empty()) {
      const auto hop = node_address(node_of(take_last(list), is_rfc7239));
      if (!hop) return peer;
      client = *hop;
      if (!is_in(client, trusted)) return client;
    }
  }
  return client;
}

}  // namespace qnzs::http
