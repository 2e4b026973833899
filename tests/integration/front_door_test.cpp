// Abuse of a real gateway, without Kafka, over plain HTTP and over TLS.
#include "tests/support/attack.hpp"
#include "tests/support/becomes_true.hpp"

#include <doctest/doctest.h>

#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using namespace qnzs::tests;  // NOLINT

namespace {

const std::string few_requests = "requests_per_second_per_address_max = 500\n";
const std::string small_bodies = "body_bytes_max = 65536\n";

const std::string connections_refused = "connections_refused_total{server=\"public\"";
const std::string timeouts = "timeouts_total{server=\"public\"";
const std::string requests_refused = "requests_refused_total{server=\"public\"";
const std::string malformed = "malformed_total{server=\"public\",status=";

const std::string head = "POST /wechat/safe HTTP/1.1\r\nHost: h\r\n";

}  // namespace

TEST_CASE("A flood of connections that say nothing delays nobody") {
  const auto attack = [](const Target& target, int attacker, const std::stop_token& stop) {
    Wires held;
    for (int i = 0; !stop.stop_requested(); ++i) {
      if (auto wire = target.knock(attacker + i)) held.push_back(std::move(wire));
      if (held.size() > 500) held.erase(held.begin(), held.begin() + 250);
    }
  };
  withstand(connections_refused, attack, few_requests);
}

TEST_CASE("Heads that come byte by byte and never end delay nobody") {
  withstand(timeouts, drip(100, head, "X"));
}

TEST_CASE("Bodies that come byte by byte delay nobody") {
  withstand(timeouts, drip(100, head + "Content-Length: 100000\r\n\r\n", "x"));
}

TEST_CASE("Large bodies that stop before their end take bounded memory") {
  withstand(requests_refused,
            drip(100, head + "Content-Length: 1000000\r\n\r\n" + std::string(100'000, 'x'),
                 std::string(10'000, 'x')));
}

TEST_CASE("A client that asks and never reads is cut off and delays nobody") {
  withstand(timeouts, pour("", "GET /wechat/safe HTTP/1.1\r\nHost: h\r\n\r\n"),
            "requests_per_connection_max = 1000000\n");
}

TEST_CASE("An endless header line takes bounded memory") {
  withstand(malformed + "\"431\"", pour(head + "X-A: ", std::string(64 * 1024, 'a')));
}

TEST_CASE("Endless header lines take bounded memory") {
  std::string lines;
  for (int i = 0; i < 1000; ++i) lines += "X-" + std::to_string(i) + ": a\r\n";
  withstand(malformed + "\"431\"", pour(head, lines));
}

TEST_CASE("A body in endless chunks takes bounded memory") {
  withstand(malformed + "\"413\"",
            pour(head + "Transfer-Encoding: chunked\r\n\r\n",
                 "8000\r\n" + std::string(0x8000, 'x') + "\r\n"),
            small_bodies);
}

TEST_CASE("A body in endless chunks of one byte takes bounded memory") {
  std::string chunks;
  for (int i = 0; i < 2000; ++i) chunks += "1\r\nx\r\n";
  withstand(malformed + "\"413\"", pour(head + "Transfer-Encoding: chunked\r\n\r\n", chunks),
            small_bodies);
}

TEST_CASE("A flood of pipelined requests that are read delays nobody") {
  const auto attack = [](const Target& target, int attacker, const std::stop_token& stop) {
    std::string requests;
    for (int i = 0; i < 100; ++i) requests += "GET /wechat/safe HTTP/1.1\r\nHost: h\r\n\r\n";
    while (!stop.stop_requested()) {
      const auto wire = target.knock(attacker);
      while (wire && !stop.stop_requested() && wire->send_now(requests)) {
        while (wire->has_answer(0ms)) {
          if (wire->read_some().empty()) break;
        }
        if (wire->has_answer(0ms)) break;  // the end
      }
    }
  };
  withstand(requests_refused, attack, few_requests);
}

TEST_CASE("Handshakes that never begin or never end delay nobody") {
  const std::string half_hello("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11);
  const auto attack = [&](const Target& target, int attacker, const std::stop_token& stop) {
    Wires wires(100);
    while (!stop.stop_requested()) {
      for (std::size_t i = 0; i < wires.size(); ++i) {
        const bool is_open = wires[i] && !wires[i]->has_answer(0ms);
        if (is_open && (i % 2 == 0 || wires[i]->send_now("x"))) continue;
        wires[i] = target.knock_without_handshake(attacker);
        if (wires[i] && i % 2 != 0) wires[i]->send_now(half_hello);
      }
      std::this_thread::sleep_for(20ms);
    }
  };
  withstand(timeouts, attack, "", {Door::tls});
}

// Behind each shape stands a push that is signed rightly, as another's would behind one proxy: it
// is a message for the reader that cuts at the other place.
TEST_CASE("Smuggled requests are refused without delay, and what is hidden in them is no message") {
  const std::string chunked = "Transfer-Encoding: chunked\r\n", end = "0\r\n\r\n";
  const std::vector<std::string> shapes{
      "Content-Length: 5\r\n" + chunked + "\r\n" + end,
      chunked + "Content-Length: 5\r\n\r\n" + end,
      chunked + chunked + "\r\n" + end,
      "Transfer-Encoding: xchunked\r\nContent-Length: 0\r\n\r\n",
      "Content-Length: 0\r\nContent-Length: 5\r\n\r\n",
      "Content-Length: 0\r\nX-A: b\r\n Content-Length: 5\r\n\r\n",
      "Content-Length: 0\r\nX-A: b\r\n\tc\r\n\r\n",
      "Content-Length: 0\nContent-Length: 5\r\n\r\n",
  };
  const auto push = pushed("plain", 77);
  const auto hidden = "POST /wechat/plain?" + push.query + " HTTP/1.1\r\nHost: h\r\n" +
                      "Content-Length: " + std::to_string(push.body.size()) + "\r\n\r\n" +
                      push.body;
  const auto attack = [&](const Target& target, int attacker, const std::stop_token& stop) {
    for (std::size_t i = 0; !stop.stop_requested(); ++i) {
      const auto wire = target.knock(attacker);
      if (!wire || !wire->send(head + shapes[i % shapes.size()] + hidden)) continue;
      wire->read_all();
    }
  };
  withstand(malformed + "\"400\"", attack);
  GatewayProcess gateway("127.0.0.1:1");
  gateway.start();
  Wire(gateway.port()).send(hidden);  // alone it is one
  CHECK(becomes_true([&] { return stored(gateway, "plain") == 1; }));
}
