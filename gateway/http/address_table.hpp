#pragma once

#include "config/network.hpp"
#include "gateway/runtime/token_bucket.hpp"

#include <atomic>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>

namespace qnzs::http {

// What one client address has open and how fast it asks. Safe from any thread.
struct AddressUse {
  std::atomic<std::int64_t> connections{0};
  runtime::TokenBucket requests;
};

// The addresses seen lately, at most so many, whatever strangers send. When it is full, the one
// that was looked up longest ago and has no connection is forgotten: that is lenient to it, and
// never refuses a newcomer. Safe from any thread.
class AddressTable {
 public:
  // The same object for the same address as long as the table remembers it or someone holds it. An
  // IPv6 network of 64 bits counts as one address: it is what one subscriber has.
  std::shared_ptr<AddressUse> find(const config::IpAddress& address, std::size_t addresses_max);
  std::size_t size() const;

 private:
  using Order = std::list<config::IpAddress>;  // last looked up first
  struct Known {
    std::shared_ptr<AddressUse> use;
    Order::iterator place;
  };
  bool forget_one();

  mutable std::mutex mutex_;
  std::map<config::IpAddress, Known> known_;  // guarded by mutex_
  Order order_;                               // guarded by mutex_
};

}  // namespace qnzs::http
