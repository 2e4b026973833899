#include "tests/support/attack.hpp"

#include "tests/support/certificate.hpp"
#include "tests/support/memory.hpp"
#include "tests/support/tls_wire.hpp"

#include <doctest/doctest.h>
#include <httplib.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <sys/resource.h>
#include <thread>

using namespace std::chrono_literals;

namespace qnzs::tests {
namespace {

constexpr auto attack_time_min = 4s, attack_time_max = 40s;
constexpr int pushes_min = 20;
constexpr auto honest_within = 4s;  // the gateway's own deadline; the platform's is 5 s

// With sanitizers, which make every connection larger, and a handshake most of all: without them
// 256 of those take 24 MiB.
double growth_mib_max(Door door) {
#if __has_feature(thread_sanitizer)
  return door == Door::tls ? 160 : 48;
#else
  return door == Door::tls ? 80 : 48;
#endif
}

const std::string limits =
    "connections_max = 256\nconnections_per_address_max = 128\nfirst_byte_ms_max = 1000\n"
    "tls_handshake_ms_max = 1000\nheader_ms_max = 1000\nbody_ms_max = 1000\nwrite_ms_max = "
    "1000\nunfinished_mib_max = 4\n";
const std::string certificate =
    "tls_certificate_file = \"door.pem\"\ntls_key_file = \"door.key\"\ntls_listen_port = 0\n";

std::string address_of(int attacker) {
  return "127.0.0." + std::to_string(2 + attacker % 8);
}

std::unique_ptr<Wire> opened(const std::function<std::unique_ptr<Wire>()>& open) {
  try {
    return open();
  } catch (const std::runtime_error&) {
    return nullptr;
  }
}

struct Experience {
  std::atomic<int> pushes = 0;
  int answered = 0;
  std::chrono::milliseconds slowest{0};
};

// Pushes until told to stop; every second push opens a connection of its own.
void be_honest(const Target& target, Experience& seen, const std::stop_token& stop) {
  const auto connect = [&] {
    auto client = std::make_unique<httplib::Client>(
        target.door == Door::tls ? "https://127.0.0.1:" + std::to_string(target.gateway.tls_port())
                                 : "http://127.0.0.1:" + std::to_string(target.gateway.port()));
    client->enable_server_certificate_verification(false);
    return client;
  };
  const auto kept = connect();
  kept->set_keep_alive(true);
  for (std::int64_t id = 1; !stop.stop_requested(); ++id) {
    const auto request = pushed("safe", id);
    const auto fresh = connect();
    const auto start = std::chrono::steady_clock::now();
    const auto answer = (id % 2 == 0 ? *kept : *fresh)
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
  const auto text = fetch(gateway.admin_port(), "/metrics").value_or("");
  const auto at = text.find(sample);
  return at == std::string::npos ? 0 : std::stod(text.substr(at + sample.size()));
}

// The gateway, from before the attack to its end.
void withstand_at(Door door, const std::string& remedy, const Attack& attack,
                  const std::string& more_limits) {
  CAPTURE(door);
  GatewayProcess gateway("127.0.0.1:1", "", "", "", more_limits + limits + certificate);
  make_certificate(std::filesystem::path(gateway.config_file()).parent_path(), "door");
  gateway.start();
  const Target target{gateway, door};
  {  // what the first requests allocate once is no growth
    Experience ignored;
    std::jthread warm([&](const std::stop_token& stop) { be_honest(target, ignored, stop); });
    std::this_thread::sleep_for(500ms);
  }
  const auto before = rss_mib(gateway.pid());
  Experience seen;
  double most = before;
  {
    std::jthread honest([&](const std::stop_token& stop) { be_honest(target, seen, stop); });
    std::vector<std::jthread> attackers;
    for (int i = 0; i < 4; ++i)
      attackers.emplace_back([&, i](const std::stop_token& stop) { attack(target, i, stop); });
    const auto start = std::chrono::steady_clock::now();
    const auto lasts = [&] { return std::chrono::steady_clock::now() - start; };
    const auto is_enough = [&] {
      return seen.pushes >= pushes_min && counted(gateway, remedy) > 0;
    };
    while (lasts() < attack_time_min || (lasts() < attack_time_max && !is_enough())) {
      most = std::max(most, rss_mib(gateway.pid()));
      std::this_thread::sleep_for(20ms);
    }
  }
  MESSAGE((door == Door::tls ? "TLS" : "plain")
          << ": pushes " << seen.pushes.load() << ", slowest " << seen.slowest.count()
          << " ms, RSS " << before << " MiB and at most " << most << " MiB");
  CHECK(seen.pushes.load() >= pushes_min);
  CHECK(seen.answered == seen.pushes.load());
  CHECK(seen.slowest < honest_within);
  CHECK(most - before < growth_mib_max(door));
  CHECK(counted(gateway, remedy) > 0);
  CHECK(stored(gateway, "plain") == 0);  // the attackers' account
  CHECK_FALSE(gateway.wait(0ms));
}

}  // namespace

std::unique_ptr<Wire> Target::knock(int attacker, std::optional<int> receive_bytes) const {
  return opened([&]() -> std::unique_ptr<Wire> {
    if (door == Door::tls)
      return std::make_unique<TlsWire>(gateway.tls_port(), address_of(attacker), receive_bytes);
    return std::make_unique<Wire>(gateway.port(), address_of(attacker), receive_bytes);
  });
}

std::unique_ptr<Wire> Target::knock_without_handshake(int attacker) const {
  return opened([&] { return std::make_unique<Wire>(gateway.tls_port(), address_of(attacker)); });
}

void withstand(const std::string& remedy, const Attack& attack, const std::string& more_limits,
               const std::vector<Door>& doors) {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = std::min<rlim_t>(files.rlim_max, 8192);
  setrlimit(RLIMIT_NOFILE, &files);
  free_soon();
  for (const auto door : doors) withstand_at(door, remedy, attack, more_limits);
}

Attack drip(std::size_t count, std::string first, std::string more) {
  return [=](const Target& target, int attacker, const std::stop_token& stop) {
    Wires wires(count);
    while (!stop.stop_requested()) {
      for (auto& wire : wires) {
        if (wire && wire->send_now(more)) continue;
        wire = target.knock(attacker);
        if (wire) wire->send(first);
      }
      std::this_thread::sleep_for(20ms);
    }
  };
}

Attack pour(std::string first, std::string more) {
  return [=](const Target& target, int attacker, const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      const auto wire = target.knock(attacker, 4096);
      if (!wire || !wire->send(first)) continue;
      for (std::size_t at = 0; !stop.stop_requested();) {
        const auto sent = wire->send_now(std::string_view(more).substr(at));
        if (!sent) break;
        at = (at + *sent) % more.size();
      }
    }
  };
}

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

double stored(const GatewayProcess& gateway, const std::string& account) {
  return metric(gateway.admin_port(), "qnzs_callbacks_total{account=\"" + account +
                                          "\",channel=\"wechat\",outcome=\"stored\"}")
      .value_or(0);
}

}  // namespace qnzs::tests
