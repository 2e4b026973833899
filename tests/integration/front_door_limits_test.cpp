// Limits of [http] that stand in the configuration, at a real gateway without Kafka.
#include "tests/support/attack.hpp"
#include "tests/support/becomes_true.hpp"
#include "tests/support/push.hpp"
#include "tools/simulator/hotline.hpp"

#include <doctest/doctest.h>
#include <httplib.h>

#include <atomic>
#include <cstdlib>
#include <optional>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using namespace qnzs::tests;  // NOLINT
using Clock = std::chrono::steady_clock;

namespace {

constexpr const char* nowhere = "127.0.0.1:1";

// What the front door says to a stranger from that address; "" when it closes.
std::string said_to(const GatewayProcess& gateway, int address) {
  Wire wire(gateway.port(), "127.0.0." + std::to_string(address));
  wire.send("GET /nowhere HTTP/1.1\r\nHost: h\r\n\r\n");
  return wire.read_some().substr(0, 13);
}

double refused(const GatewayProcess& gateway, const std::string& fault) {
  return metric(gateway.admin_port(),
                "qnzs_callbacks_refused_total{account=\"safe\",channel=\"wechat\",fault=\"" +
                    fault + "\"}")
      .value_or(0);
}

}  // namespace

TEST_CASE("An account's limits come from the configuration, and hold for it alone") {
  GatewayProcess gateway("127.0.0.1:1", "", "", "", "requests_per_second_per_account_max = 3\n");
  gateway.start();
  int turned_away = 0;
  for (std::int64_t id = 1; id <= 20; ++id) turned_away += push(gateway, id) == 0 ? 1 : 0;
  CHECK(turned_away > 0);  // without a word, so that the platform sends again
  CHECK(turned_away < 20);
  CHECK(refused(gateway, "too_many") == turned_away);
  const auto other = pushed("plain", 1);
  Wire wire(gateway.port());
  wire.send("POST /wechat/plain?" + other.query + " HTTP/1.1\r\nHost: h\r\nContent-Length: " +
            std::to_string(other.body.size()) + "\r\n\r\n" + other.body);
  CHECK(wire.read_some().starts_with("HTTP/1.1 200 "));
  CHECK(stored(gateway, "plain") == 1);
}

TEST_CASE("An account has so many requests in flight, and those beyond come again") {
  GatewayProcess gateway(nowhere, "", "", "", "requests_in_flight_per_account_max = 1\n");
  gateway.start();
  std::atomic<std::int64_t> id = 0;
  std::atomic<int> turned_away = 0;
  const auto press = [&](const std::stop_token& stop) {
    while (!stop.stop_requested()) turned_away += push(gateway, ++id) == 0 ? 1 : 0;
  };
  {
    std::vector<std::jthread> people;
    for (int i = 0; i < 6; ++i) people.emplace_back(press);
    CHECK(becomes_true([&] { return refused(gateway, "too_many") > 0; }));
  }
  CHECK(refused(gateway, "too_many") == turned_away);
  CHECK(stored(gateway, "safe") == id - turned_away);
}

TEST_CASE("What an address has used is forgotten when more addresses come than are remembered") {
  const std::string rate = "requests_per_second_per_address_max = 1\n";
  const auto others = [](const GatewayProcess& gateway) {
    for (int other = 10; other < 40; ++other) said_to(gateway, other);
  };
  // Looked at before the address may ask again in any case; nothing when the machine is too slow.
  const auto is_remembered = [&](const GatewayProcess& gateway) -> std::optional<bool> {
    for (int round = 0; round < 20; ++round) {
      becomes_true([&] { return !said_to(gateway, 2).starts_with("HTTP/1.1 404"); });
      const auto start = Clock::now();
      others(gateway);
      const auto is_answered = said_to(gateway, 2).starts_with("HTTP/1.1 404");
      if (Clock::now() - start < 900ms) return !is_answered;
    }
    return std::nullopt;
  };
  GatewayProcess few(nowhere, "", "", "", rate + "addresses_max = 16\n");
  few.start();
  CHECK(is_remembered(few) == false);
  GatewayProcess many(nowhere, "", "", "", rate + "addresses_max = 1000\n");
  many.start();
  CHECK(is_remembered(many) == true);
}

TEST_CASE("A desk's requests that hold for once are remembered up to their number, then 503") {
  const std::string secret = "a-secret-of-the-desk-for-integration";
  setenv("HOTLINE_TEST_SECRET", secret.c_str(), 1);
  GatewayProcess gateway(nowhere,
                         "[[channels.hotline]]\naccount = \"desk\"\nsite = \"henan\"\n"
                         "key_id = \"k1\"\nsecret = \"${HOTLINE_TEST_SECRET}\"\n",
                         "", "", "once_tokens_max = 2\n");
  gateway.start();
  httplib::Client client("127.0.0.1", gateway.port());
  const auto post = [&](const std::string& number) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto body = qnzs::simulator::record_of(
        {.record_no = number, .revision = 0, .text = "x", .started_at = 1'700'000'000});
    const auto headers = qnzs::simulator::signed_headers(
        {"desk", "k1", secret}, body,
        std::chrono::duration_cast<std::chrono::seconds>(now).count());
    const auto answer =
        client.Post("/hotline/desk", httplib::Headers(headers.begin(), headers.end()), body,
                    "application/x-ndjson");
    return answer ? answer->status : 0;
  };
  CHECK(post("A-1") == 200);
  CHECK(post("A-2") == 200);
  CHECK(post("A-3") == 503);
}
