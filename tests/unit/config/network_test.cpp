#include "config/network.hpp"

#include <doctest/doctest.h>

#include <string_view>

using qnzs::config::address_text;
using qnzs::config::parse_address;
using qnzs::config::parse_network;

TEST_CASE("an address has one value whichever way it is written") {
  CHECK(parse_address("192.0.2.1") == parse_address("::ffff:192.0.2.1"));
  CHECK(parse_address("2001:DB8::1") == parse_address("2001:db8:0:0:0:0:0:1"));
  CHECK(address_text(*parse_address("::ffff:192.0.2.1")) == "192.0.2.1");
  CHECK(address_text(*parse_address("2001:DB8:0::1")) == "2001:db8::1");
  for (const auto* const bad : {"", "1.2.3", "1.2.3.4 ", "1.2.3.4:80", "[::1]", "fe80::1%eth0",
                                "example.org", "1.2.3.256", "::ffff:1.2.3.4.5.6.7.8.9.10.11.12.13"})
    CHECK_FALSE(parse_address(bad));
  CHECK_FALSE(parse_address(std::string_view("127.0.0.1\0.example", 18)));
}

TEST_CASE("a network contains the addresses that share its prefix") {
  const auto contains = [](std::string_view network, std::string_view address) {
    return parse_network(network).value().contains(*parse_address(address));
  };
  CHECK(contains("10.0.0.0/8", "10.255.0.1"));
  CHECK_FALSE(contains("10.0.0.0/8", "11.0.0.1"));
  CHECK(contains("192.0.2.128/25", "192.0.2.129"));
  CHECK_FALSE(contains("192.0.2.128/25", "192.0.2.1"));
  CHECK(contains("0.0.0.0/0", "203.0.113.9"));
  CHECK_FALSE(contains("0.0.0.0/0", "2001:db8::1"));
  CHECK(contains("2001:db8::/33", "2001:db8:7fff::1"));
  CHECK_FALSE(contains("2001:db8::/33", "2001:db8:8000::1"));
  CHECK(contains("::1", "::1"));
  CHECK(contains("::/0", "1.2.3.4"));
}

TEST_CASE("a network that is no network, or has bits behind its prefix, is refused") {
  for (const auto* const bad : {"10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x",
                                "10.1.0.0/8", "2001:db8::1/64", "/8", "localhost"})
    CHECK_FALSE(parse_network(bad));
}
