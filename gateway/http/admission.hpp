#pragma once

#include "adapters/http.hpp"
#include "gateway/http/address_table.hpp"
#include "gateway/http/serving.hpp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace qnzs::http {

// What is counted over all connections of a server. Safe from any thread.
struct ServerLoad {
  std::atomic<std::int64_t> connections{0};
  std::atomic<std::int64_t> unfinished_bytes{0};  // of requests that have not come whole
  AddressTable addresses;
};

// One connection's place among the limits, given back when it dies. Not thread-safe: it belongs to
// its connection.
class Admission {
 public:
  using Clock = runtime::TokenBucket::Clock;

  // For a new connection from `peer`; nothing when it would be over a limit. `overshoot_max` more
  // than `connections_max` are let in, for the worker to make room (Connection).
  static std::optional<Admission> of(const config::IpAddress& peer, const Serving& serving,
                                     ServerLoad& load);
  static constexpr std::int64_t overshoot_max = 64;

  Admission(Admission&& other) noexcept;
  Admission& operator=(Admission&&) = delete;
  ~Admission();

  // The next request is here: when a trusted proxy sends it, `client` and the rate are from now on
  // those of the address that its header names.
  void identify(std::span<const adapters::HeaderView> headers, const Serving& serving);
  // Counts it: 0, or the seconds until the client may ask again.
  std::uint32_t seconds_over_rate(const Serving& serving, Clock::time_point now);
  const std::string& client() const { return client_; }

  bool is_over_connections_max(const Serving& serving) const;
  // So many bytes of an unfinished request are held now. False when all connections together hold
  // more than they may.
  bool hold(std::int64_t bytes, const Serving& serving);

 private:
  Admission(const config::IpAddress& peer, bool is_proxy, std::shared_ptr<AddressUse> use,
            ServerLoad& load);

  ServerLoad* load_;  // null when moved from
  config::IpAddress peer_, address_;
  bool is_proxy_;
  std::shared_ptr<AddressUse> peer_use_, use_;
  std::string client_;
  std::int64_t held_bytes_ = 0;
};

}  // namespace qnzs::http
