#include "gateway/http/address_table.hpp"

#include <algorithm>

namespace qnzs::http {
namespace {

constexpr int looked_at_max = 32;  // for one to forget: the table is asked for each connection

config::IpAddress subscriber_of(config::IpAddress address) {
  static const config::Network mapped{*config::parse_address("::ffff:0:0"), 96};
  if (!mapped.contains(address)) std::fill(address.begin() + 8, address.end(), std::uint8_t{0});
  return address;
}

}  // namespace

std::shared_ptr<AddressUse> AddressTable::find(const config::IpAddress& address,
                                               std::size_t addresses_max) {
  const auto key = subscriber_of(address);
  const std::scoped_lock lock(mutex_);
  if (const auto found = known_.find(key); found != known_.end()) {
    order_.splice(order_.begin(), order_, found->second.place);
    return found->second.use;
  }
  auto use = std::make_shared<AddressUse>();
  while (known_.size() >= addresses_max) {
    if (!forget_one()) return use;  // every one is in use: this one is not remembered
  }
  order_.push_front(key);
  known_.emplace(key, Known{use, order_.begin()});
  return use;
}

bool AddressTable::forget_one() {
  for (int looked_at = 0; looked_at < looked_at_max && !order_.empty(); ++looked_at) {
    const auto last = std::prev(order_.end());
    const auto found = known_.find(*last);
    if (found->second.use.use_count() == 1) {
      known_.erase(found);
      order_.erase(last);
      return true;
    }
    order_.splice(order_.begin(), order_, last);
  }
  return false;
}

std::size_t AddressTable::size() const {
  const std::scoped_lock lock(mutex_);
  return known_.size();
}

}  // namespace qnzs::http
