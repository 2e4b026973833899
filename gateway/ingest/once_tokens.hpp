#pragma once

#include "adapters/adapter.hpp"
#include "schema/error.hpp"

#include <cstddef>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <utility>

namespace qnzs::ingest {

// The requests of one account that may be honoured only once (adapters::OnceOnly), each until its
// time is over. In memory alone: after a restart a repeat finds its messages' ids in the journal
// and makes nothing new. Safe from any thread.
class OnceTokens {
 public:
  explicit OnceTokens(std::size_t tokens_max) : tokens_max_(tokens_max) {}

  // Remembers the token. Faults: unauthentic when it is known already, busy when there is no room
  // until some expire: forgetting one early would let its request in again.
  schema::Result<void> take(const adapters::OnceOnly& once, schema::Instant now);
  // Forgets it: what it stood for was not stored, so the same request may come again.
  void give_back(const std::string& token);

  std::size_t size() const;

 private:
  void forget_expired(schema::Instant now);

  const std::size_t tokens_max_;
  mutable std::mutex mutex_;
  std::map<std::string, schema::Instant> until_;               // guarded by mutex_
  std::set<std::pair<schema::Instant, std::string>> by_time_;  // the same, soonest first
};

}  // namespace qnzs::ingest
