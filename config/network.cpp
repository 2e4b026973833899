#include "config/network.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <span>

namespace qnzs::config {
namespace {

constexpr std::array<std::uint8_t, 12> mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr int mapped_bits = 96;
constexpr int port_max = 65535;

bool is_mapped(const IpAddress& address) {
  return std::ranges::equal(mapped_prefix, std::span(address).first(mapped_prefix.size()));
}

// The address with everything behind the first `bits` cleared.
IpAddress masked(IpAddress address, int bits) {
  for (int i = 0; i < static_cast<int>(address.size()); ++i) {
    const int kept = std::clamp(bits - i * 8, 0, 8);
    address[static_cast<std::size_t>(i)] &= static_cast<std::uint8_t>(0xff00 >> kept);
  }
  return address;
}

bool is_host(std::string_view text) {
  if (text.starts_with('['))
    return text.ends_with(']') && is_ip_address(text.substr(1, text.size() - 2));
  return !text.empty() && std::ranges::all_of(text, [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') || letter == '-' || letter == '.' || letter == '_';
  });
}

bool is_port(std::string_view text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size() && port >= 1 && port <= port_max;
}

bool is_broker(std::string_view text) {
  const auto colon = text.rfind(':');
  return colon != std::string_view::npos && is_host(text.substr(0, colon)) &&
         is_port(text.substr(colon + 1));
}

}  // namespace

std::optional<IpAddress> parse_address(std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN> terminated{};
  if (text.size() >= terminated.size() || text.contains('\0')) return std::nullopt;
  std::ranges::copy(text, terminated.begin());
  IpAddress address{};
  if (::inet_pton(AF_INET6, terminated.data(), address.data()) == 1) return address;
  std::ranges::copy(mapped_prefix, address.begin());
  if (::inet_pton(AF_INET, terminated.data(), address.data() + mapped_prefix.size()) == 1)
    return address;
  return std::nullopt;
}

bool is_ip_address(std::string_view text) {
  return parse_address(text).has_value();
}

std::string address_text(const IpAddress& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const bool is_v4 = is_mapped(address);
  const auto* const bytes = address.data() + (is_v4 ? mapped_prefix.size() : 0);
  ::inet_ntop(is_v4 ? AF_INET : AF_INET6, bytes, text.data(), text.size());
  return text.data();
}

bool Network::contains(const IpAddress& other) const {
  return masked(other, bits) == address;
}

std::optional<Network> parse_network(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = parse_address(text.substr(0, slash));
  if (!address) return std::nullopt;
  const bool is_v4 = text.substr(0, slash).find(':') == std::string_view::npos;
  Network network{.address = *address, .bits = 128};
  if (slash == std::string_view::npos) return network;
  const auto digits = text.substr(slash + 1);
  int bits = -1;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  if (bits < 0 || bits > (is_v4 ? 32 : 128)) return std::nullopt;
  network.bits = bits + (is_v4 ? mapped_bits : 0);
  if (masked(*address, network.bits) != *address) return std::nullopt;
  return network;
}

bool is_broker_list(std::string_view text) {
  for (;;) {
    const auto comma = text.find(',');
    if (!is_broker(text.substr(0, comma))) return false;
    if (comma == std::string_view::npos) return true;
    text.remove_prefix(comma + 1);
  }
}

}  // namespace qnzs::config
