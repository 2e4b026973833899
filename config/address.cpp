#include "config/address.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <string>

namespace qnzs::config {
namespace {

constexpr int port_max = 65535;

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

bool is_ip_address(std::string_view text) {
  const std::string terminated(text);
  if (terminated.contains('\0')) return false;
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return inet_pton(AF_INET, terminated.c_str(), bytes.data()) == 1 ||
         inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1;
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
