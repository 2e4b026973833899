// Abuse of a real gateway, without Kafka. Each attack goes on for some seconds from addresses of
// its own; all the time an honest sender pushes, on new and on kept connections.
#include "tests/support/becomes_true.hpp"
#include "tests/support/gateway_process.hpp"
#include "tests/support/memory.hpp"
#include "tests/support/push.hpp"
#include "tests/support/wire.hpp"
#include "tools/simulator/wechat.hpp"

#include <doctest/doctest.h>
#include <httplib.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <sys/resource.h>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
namespace simulator = qnzs::simulator;
using qnzs::tests::GatewayProcess;
using qnzs::tests::Wire;
using Wires = std::vector<std::unique_ptr<Wire>>;

namespace {

constexpr auto attack_time_min = 4s, attack_time_max = 40s;
constexpr int pushes_min = 20;
constexpr auto honest_within = 4s;     // the gateway's own deadline; the platform's is 5 s
constexpr double growth_mib_max = 48;  // with sanitizers, which make every connection larger

const std::string limits =
    "connections_max = 256\nconnections_per_address_max = 128\nfirst_byte_ms_max = 1000\n"
    "header_ms_max = 1000\nbody_ms_max = 1000\nwrite_ms_max = 1000\nunfinished_mib_max = 4\n";
const std::string few_requests = "requests_per_second_per_address_max = 500\n";
const std::string small_bodies = "body_bytes_max = 65536\n";

std::string address_of(int attacker) {
  return "127.0.0." + std::to_string(2 + attacker % 8);
}

// A connection, or nothing when the gateway takes none now.
std::unique_ptr<Wire> knock(const GatewayProcess& gateway, int attacker,
                            std::optional<int> receive_bytes = std::nullopt) {
  try {
    return std::make_unique<Wire>(gateway.port(), address_of(attacker), receive_bytes);
  } catch (const std::exception&) {
    return nullptr;
  }
}

struct Experience {
  std::atomic<int> pushes = 0;
  int answered = 0;
  std::chrono::milliseconds slowest{0};
};

// A push as the platform signs it, to /wechat/{account}.
simulator::SignedRequest pushed(const std::string& account, std::int64_t id) {
  simulator::WechatPush push;
  push.text = "救命";
  push.openid = "oHonest";
  push.message_id = id;
  push.created_at = 1'700'000'000;
  const simulator::WechatAccount signer{GatewayProcess::token, GatewayProcess::aes_key,
                                        GatewayProcess::appid, account};
  return simulator::signed_request(signer, simulator::xml_of(push), 1'700'000'000,
                                   simulator::Corruption::none);
}

// Pushes until told to stop; every second push opens a connection of its own.
void be_honest(const GatewayProcess& gateway, Experience& seen, const std::stop_token& stop) {
  httplib::Client kept("127.0.0.1", gateway.port());
  kept.set_keep_alive(true);
  for (std::int64_t id = 1; !stop.stop_requested(); ++id) {
    const auto request = pushed("safe", id);
    httplib::Client fresh("127.0.0.1", gateway.port());
    const auto start = std::chrono::steady_clock::now();
    const auto answer = (id % 2 == 0 ? kept : fresh)
                            .Post("/wechat/safe?" + request.query, request.body, "text/xml");
    const auto took = std::chrono::steady_clock::now() - start;
    ++seen.pushes;
    if (answer && answer->body == "success") ++seen.answered;
    seen.slowest =
        std::max(seen.slowest, std::chrono::duration_cast<std::chrono::milliseconds>(took));
    std::this_thread::sleep_for(20ms);
  }
}

// What a counter of the public server says.
double counted(const GatewayProcess& gateway, const std::string& name) {
  const auto sample = "\nqnzs_http_" + name + "} ";
  const auto text = qnzs::tests::fetch(gateway.admin_port(), "/metrics").value_or("");
  const auto at = text.find(sample);
  return at == std::string::npos ? 0 : std::stod(text.substr(at + sample.size()));
}

// Pushes that became messages.
double stored(const GatewayProcess& gateway, const std::string& account) {
  return qnzs::tests::metric(gateway.admin_port(), "qnzs_callbacks_total{account=\"" + account +
                                                       "\",channel=\"wechat\",outcome=\"stored\"}")
      .value_or(0);
}

const std::string connections_refused = "connections_refused_total{server=\"public\"";
const std::string timeouts = "timeouts_total{server=\"public\"";
const std::string requests_refused = "requests_refused_total{server=\"public\"";
const std::string malformed = "malformed_total{server=\"public\",status=";

// Runs `attack(gateway, attacker, stop)` in some threads and judges what the honest sender had of
// it. The limit that withstands it must have been met: its counter is `remedy`.
using Attack = std::function<void(const GatewayProcess&, int, const std::stop_token&)>;

void withstand(const std::string& remedy, const Attack& attack,
               const std::string& more_limits = "") {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = std::min<rlim_t>(files.rlim_max, 8192);
  setrlimit(RLIMIT_NOFILE, &files);
  qnzs::tests::free_soon();
  GatewayProcess gateway("127.0.0.1:1", "", "", "", more_limits + limits);
  gateway.start();
  {  // what the first requests allocate once is no growth
    Experience ignored;
    std::jthread warm([&](const std::stop_token& stop) { be_honest(gateway, ignored, stop); });
    std::this_thread::sleep_for(500ms);
  }
  const auto before = qnzs::tests::rss_mib(gateway.pid());
  Experience seen;
  double most = before;
  {
    std::jthread honest([&](const std::stop_token& stop) { be_honest(gateway, seen, stop); });
    std::vector<std::jthread> attackers;
    for (int i = 0; i < 4; ++i)
      attackers.emplace_back([&, i](const std::stop_token& stop) { attack(gateway, i, stop); });
    const auto start = std::chrono::steady_clock::now();
    const auto lasts = [&] { return std::chrono::steady_clock::now() - start; };
    const auto is_enough = [&] {
      return seen.pushes >= pushes_min && counted(gateway, remedy) > 0;
    };
    while (lasts() < attack_time_min || (lasts() < attack_time_max && !is_enough())) {
      most = std::max(most, qnzs::tests::rss_mib(gateway.pid()));
      std::this_thread::sleep_for(20ms);
    }
  }
  MESSAGE("pushes " << seen.pushes.load() << ", slowest " << seen.slowest.count() << " ms, RSS "
                    << before << " MiB and at most " << most << " MiB");
  CHECK(seen.pushes.load() >= pushes_min);
  CHECK(seen.answered == seen.pushes.load());
  CHECK(seen.slowest < honest_within);
  CHECK(most - before < growth_mib_max);
  CHECK(counted(gateway, remedy) > 0);
  CHECK(stored(gateway, "plain") == 0);  // the attackers' account
  CHECK_FALSE(gateway.wait(0ms));
}

// Keeps `count` connections open that each say `first`, then again and again `more`.
Attack drip(std::size_t count, std::string first, std::string more) {
  return [=](const GatewayProcess& gateway, int attacker, const std::stop_token& stop) {
    Wires wires(count);
    while (!stop.stop_requested()) {
      for (auto& wire : wires) {
        if (wire && wire->send_now(more)) continue;
        wire = knock(gateway, attacker);
        if (wire) wire->send_now(first);
      }
      std::this_thread::sleep_for(20ms);
    }
  };
}

// One connection after another that says `first` and then `more` as fast as it goes, and never
// reads; the kernel holds little for it.
Attack pour(std::string first, std::string more) {
  return [=](const GatewayProcess& gateway, int attacker, const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const auto wire = knock(gateway, attacker, 4096);
      if (!wire || !wire->send(first)) continue;
      while (!stop.stop_requested() && wire->send_now(more)) {
      }
    }
  };
}

const std::string head = "POST /wechat/safe HTTP/1.1\r\nHost: h\r\n";

}  // namespace

TEST_CASE("A flood of connections that say nothing delays nobody") {
  const auto attack = [](const GatewayProcess& gateway, int attacker, const std::stop_token& stop) {
    Wires held;
    for (int i = 0; !stop.stop_requested(); ++i) {
      if (auto wire = knock(gateway, attacker + i)) held.push_back(std::move(wire));
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
  const auto attack = [](const GatewayProcess& gateway, int attacker, const std::stop_token& stop) {
    std::string requests;
    for (int i = 0; i < 100; ++i) requests += "GET /wechat/safe HTTP/1.1\r\nHost: h\r\n\r\n";
    while (!stop.stop_requested()) {
      const auto wire = knock(gateway, attacker);
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
  const auto attack = [&](const GatewayProcess& gateway, int attacker,
                          const std::stop_token& stop) {
    for (std::size_t i = 0; !stop.stop_requested(); ++i) {
      const auto wire = knock(gateway, attacker);
      if (!wire || !wire->send(head + shapes[i % shapes.size()] + hidden)) continue;
      wire->read_all();
    }
  };
  withstand(malformed + "\"400\"", attack);
  GatewayProcess gateway("127.0.0.1:1");
  gateway.start();
  Wire(gateway.port()).send(hidden);  // alone it is one
  CHECK(qnzs::tests::becomes_true([&] { return stored(gateway, "plain") == 1; }));
}

TEST_CASE("An account's limits come from the configuration, and hold for it alone") {
  GatewayProcess gateway("127.0.0.1:1", "", "", "", "requests_per_second_per_account_max = 3\n");
  gateway.start();
  int refused = 0;
  for (std::int64_t id = 1; id <= 20; ++id) refused += qnzs::tests::push(gateway, id) == 0 ? 1 : 0;
  CHECK(refused > 0);  // without a word, so that the platform sends again
  CHECK(refused < 20);
  const std::string by_limit =
      "qnzs_callbacks_refused_total{account=\"safe\",channel=\"wechat\",fault=\"too_many\"}";
  CHECK(qnzs::tests::metric(gateway.admin_port(), by_limit) == refused);
  const auto other = pushed("plain", 1);
  Wire wire(gateway.port());
  wire.send("POST /wechat/plain?" + other.query + " HTTP/1.1\r\nHost: h\r\nContent-Length: " +
            std::to_string(other.body.size()) + "\r\n\r\n" + other.body);
  CHECK(wire.read_some().starts_with("HTTP/1.1 200 "));
  CHECK(stored(gateway, "plain") == 1);
}
