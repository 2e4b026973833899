#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Network addresses as people write them into a configuration. Nothing is looked up.
namespace qnzs::config {

// An IP address as 16 bytes; IPv4 as ::ffff:a.b.c.d (RFC 4291 §2.5.5.2), so that one address has
// one value whichever way it came.
using IpAddress = std::array<std::uint8_t, 16>;

// "192.0.2.1", "2001:db8::1"; no name, port, zone or brackets.
std::optional<IpAddress> parse_address(std::string_view text);
bool is_ip_address(std::string_view text);
// "192.0.2.1" for a mapped one.
std::string address_text(const IpAddress& address);

// The addresses that share their first bits.
struct Network {
  IpAddress address{};
  int bits = 0;  // of the 128
  bool contains(const IpAddress& other) const;
};

// "10.0.0.0/8", "2001:db8::/32", or one address. Bits beyond the prefix must be zero: "10.1.0.0/8"
// is a mistake more often than a wish.
std::optional<Network> parse_network(std::string_view text);

// "kafka-1:9092,kafka-2:9092,[::1]:9092": one or more host:port, the port from 1 to 65535.
bool is_broker_list(std::string_view text);

}  // namespace qnzs::config
