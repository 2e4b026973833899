#include "gateway/http/forwarded.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using qnzs::adapters::HeaderView;
using qnzs::config::address_text;
using qnzs::config::parse_address;
using qnzs::config::parse_network;

namespace {

// What a request from the proxy 10.0.0.1 with these headers is taken to come from.
std::string client(const std::vector<HeaderView>& headers,
                   std::string_view name = "X-Forwarded-For") {
  const std::vector trusted{*parse_network("10.0.0.0/8"), *parse_network("fd00::/8")};
  return address_text(
      qnzs::http::forwarded_client(headers, name, *parse_address("10.0.0.1"), trusted));
}

}  // namespace

TEST_CASE("the last hop that is no proxy of ours is the client, whatever stands before it") {
  CHECK(client({{"X-Forwarded-For", "203.0.113.7"}}) == "203.0.113.7");
  CHECK(client({{"x-forwarded-for", "1.1.1.1, 203.0.113.7"}}) == "203.0.113.7");
  CHECK(client({{"X-Forwarded-For", "1.1.1.1,203.0.113.7, 10.9.9.9"}}) == "203.0.113.7");
  CHECK(client({{"X-Forwarded-For", "nonsense, 203.0.113.7"}}) == "203.0.113.7");
  CHECK(client({{"X-Forwarded-For", "1.1.1.1"}, {"X-Forwarded-For", "203.0.113.7, 10.2.2.2"}}) ==
        "203.0.113.7");
  CHECK(client({{"X-Forwarded-For", "10.3.3.3, 10.2.2.2"}}) == "10.3.3.3");
}

TEST_CASE("ports and brackets are understood") {
  CHECK(client({{"X-Forwarded-For", "203.0.113.7:4711"}}) == "203.0.113.7");
  CHECK(client({{"X-Forwarded-For", "[2001:db8::1]:4711"}}) == "2001:db8::1");
  CHECK(client({{"X-Forwarded-For", "2001:db8::1"}}) == "2001:db8::1");
}

TEST_CASE("Forwarded of RFC 7239 is read by its own grammar") {
  const auto of = [](std::string_view value) {
    return client({{"Forwarded", value}}, "Forwarded");
  };
  CHECK(of("for=203.0.113.7") == "203.0.113.7");
  CHECK(of("For=\"[2001:db8::1]:4711\";proto=https;by=10.0.0.1") == "2001:db8::1");
  CHECK(of("for=1.1.1.1, proto=https; for=203.0.113.7 , for=10.2.2.2") == "203.0.113.7");
  CHECK(of("for=\"a,b\", for=203.0.113.7") == "203.0.113.7");
  CHECK(of("for=_hidden") == "10.0.0.1");
  CHECK(of("for=unknown") == "10.0.0.1");
  CHECK(of("proto=https") == "10.0.0.1");
}

TEST_CASE("what is malformed, absent, or in the header the proxy does not write, is not believed") {
  CHECK(client({}) == "10.0.0.1");
  CHECK(client({{"Forwarded", "for=1.1.1.1"}}) == "10.0.0.1");
  for (const auto* const bad :
       {"", ",", "203.0.113.7,", "203.0.113.7, x", "[::1", "]", "[]", "1.2.3.4.5", "for=1.1.1.1"})
    CHECK(client({{"X-Forwarded-For", bad}}) == "10.0.0.1");
}
