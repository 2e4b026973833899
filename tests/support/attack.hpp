#pragma once

#include "tests/support/gateway_process.hpp"
#include "tests/support/wire.hpp"
#include "tools/simulator/wechat.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

// Abuse of a real gateway, and what an honest sender has of it meanwhile.
namespace qnzs::tests {

using Wires = std::vector<std::unique_ptr<Wire>>;

enum class Door : std::uint8_t { plain, tls };

// What an attacker knows.
struct Target {
  const GatewayProcess& gateway;
  Door door;

  // A connection from an address of the attacker's own, or nothing when the gateway takes none now.
  std::unique_ptr<Wire> knock(int attacker, std::optional<int> receive_bytes = std::nullopt) const;
  // The same at the port of TLS, where nothing is said yet.
  std::unique_ptr<Wire> knock_without_handshake(int attacker) const;
};

using Attack = std::function<void(const Target&, int attacker, const std::stop_token&)>;

// Runs `attack` in some threads for some seconds, at each door, and judges (CHECK) what an honest
// sender had of it there, on new and on kept connections. The limit that withstands it must have
// been met: its counter of the public server is `remedy`.
void withstand(const std::string& remedy, const Attack& attack, const std::string& more_limits = "",
               const std::vector<Door>& doors = {Door::plain, Door::tls});

// Keeps `count` connections open that each say `first`, then again and again `more`.
Attack drip(std::size_t count, std::string first, std::string more);

// One connection after another that says `first` and then `more` as fast as it goes, and never
// reads; the kernel holds little for it.
Attack pour(std::string first, std::string more);

// A push as the platform signs it, to /wechat/{account}.
simulator::SignedRequest pushed(const std::string& account, std::int64_t id);

// Pushes that became messages.
double stored(const GatewayProcess& gateway, const std::string& account);

}  // namespace qnzs::tests
