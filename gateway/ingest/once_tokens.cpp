#include "gateway/ingest/once_tokens.hpp"

namespace qnzs::ingest {

using schema::Fault;

schema::Result<void> OnceTokens::take(const adapters::OnceOnly& once, schema::Instant now) {
  const std::lock_guard lock(mutex_);
  forget_expired(now);
  if (until_.contains(once.token))
    return schema::fail(Fault::unauthentic, "this request was sent before: sign it anew");
  if (until_.size() >= tokens_max_) return schema::fail(Fault::busy, "too many requests at a time");
  until_.emplace(once.token, once.until);
  by_time_.emplace(once.until, once.token);
  return {};
}

void OnceTokens::give_back(const std::string& token) {
  const std::lock_guard lock(mutex_);
  const auto found = until_.find(token);
  if (found == until_.end()) return;
  by_time_.erase({found->second, token});
  until_.erase(found);
}

std::size_t OnceTokens::size() const {
  const std::lock_guard lock(mutex_);
  return until_.size();
}

void OnceTokens::forget_expired(schema::Instant now) {
  while (!by_time_.empty() && by_time_.begin()->first < now) {
    until_.erase(by_time_.begin()->second);
    by_time_.erase(by_time_.begin());
  }
}

}  // namespace qnzs::ingest
