#include "gateway/http/admission.hpp"

#include "gateway/http/forwarded.hpp"

#include <algorithm>
#include <utility>

namespace qnzs::http {
namespace {

// Room is made only for who has less than this part of all connections: else a few addresses that
// come again and again would push out everyone else.
constexpr std::int64_t share = 16;

}  // namespace

std::optional<Admission> Admission::of(const config::IpAddress& peer, const Serving& serving,
                                       ServerLoad& load) {
  const auto& settings = serving.settings;
  if (load.connections >= settings.connections_max + overshoot_max) return std::nullopt;
  auto use = load.addresses.find(peer, static_cast<std::size_t>(settings.addresses_max));
  const bool is_proxy = is_in(peer, serving.trusted_proxies);
  if (!is_proxy) {
    if (use->connections >= settings.connections_per_address_max) return std::nullopt;
    const bool is_crowded = load.connections >= settings.connections_max;
    if (is_crowded &&
        use->connections > std::max<std::int64_t>(1, settings.connections_max / share))
      return std::nullopt;
    // Who comes again and again for nothing costs as much as who asks.
    if (!use->requests.take(settings.requests_per_second_per_address_max, Clock::now()))
      return std::nullopt;
  }
  return Admission(peer, is_proxy, std::move(use), load);
}

Admission::Admission(const config::IpAddress& peer, bool is_proxy, std::shared_ptr<AddressUse> use,
                     ServerLoad& load)
    : load_(&load),
      peer_(peer),
      address_(peer),
      is_proxy_(is_proxy),
      peer_use_(std::move(use)),
      use_(peer_use_),
      client_(config::address_text(peer)) {
  ++load_->connections;
  ++peer_use_->connections;
}

Admission::Admission(Admission&& other) noexcept
    : load_(std::exchange(other.load_, nullptr)),
      peer_(other.peer_),
      address_(other.address_),
      is_proxy_(other.is_proxy_),
      peer_use_(std::move(other.peer_use_)),
      use_(std::move(other.use_)),
      client_(std::move(other.client_)),
      held_bytes_(other.held_bytes_) {}

Admission::~Admission() {
  if (load_ == nullptr) return;
  load_->unfinished_bytes -= held_bytes_;
  --peer_use_->connections;
  --load_->connections;
}

void Admission::identify(std::span<const adapters::HeaderView> headers, const Serving& serving) {
  if (!is_proxy_) return;
  const auto& settings = serving.settings;
  const auto address =
      forwarded_client(headers, settings.trusted_proxies_header, peer_, serving.trusted_proxies);
  if (address == address_) return;
  address_ = address;
  client_ = config::address_text(address);
  use_ = load_->addresses.find(address, static_cast<std::size_t>(settings.addresses_max));
}

std::uint32_t Admission::seconds_over_rate(const Serving& serving, Clock::time_point now) {
  if (use_->requests.take(serving.settings.requests_per_second_per_address_max, now)) return 0;
  return use_->requests.seconds_to_wait(now);
}

bool Admission::is_over_connections_max(const Serving& serving) const {
  return load_->connections > serving.settings.connections_max;
}

bool Admission::hold(std::int64_t bytes, const Serving& serving) {
  const auto more = bytes - std::exchange(held_bytes_, bytes);
  if (more == 0) return true;
  const auto all = load_->unfinished_bytes += more;
  return more < 0 || all <= serving.settings.unfinished_mib_max * 1024 * 1024;
}

}  // namespace qnzs::http
