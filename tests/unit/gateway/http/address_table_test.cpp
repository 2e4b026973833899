#include "gateway/http/address_table.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using qnzs::config::parse_address;
using qnzs::http::AddressTable;

TEST_CASE("the same address is the same entry, and an IPv6 subscriber is one address") {
  AddressTable table;
  const auto first = table.find(*parse_address("192.0.2.1"), 100);
  CHECK(table.find(*parse_address("192.0.2.1"), 100) == first);
  CHECK(table.find(*parse_address("192.0.2.2"), 100) != first);
  const auto six = table.find(*parse_address("2001:db8::1"), 100);
  CHECK(table.find(*parse_address("2001:db8::ffff:1"), 100) == six);
  CHECK(table.find(*parse_address("2001:db8:0:1::1"), 100) != six);
}

TEST_CASE("a flood of addresses does not grow the table or push out one in use") {
  AddressTable table;
  const auto held = table.find(*parse_address("192.0.2.1"), 64);
  for (int i = 0; i < 5000; ++i)
    table.find(*parse_address("10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250)),
               64);
  CHECK(table.size() == 64);
  CHECK(table.find(*parse_address("192.0.2.1"), 64) == held);
}

TEST_CASE("when every entry is in use a newcomer is served and not remembered") {
  AddressTable table;
  std::vector<std::shared_ptr<qnzs::http::AddressUse>> held;
  for (int i = 0; i < 16; ++i)
    held.push_back(table.find(*parse_address("10.0.0." + std::to_string(i)), 16));
  CHECK(table.find(*parse_address("10.0.1.1"), 16) != nullptr);
  CHECK(table.size() == 16);
  held.clear();
  CHECK(table.find(*parse_address("10.0.1.1"), 8) != nullptr);  // a smaller limit, after a reload
  CHECK(table.size() == 8);
}
