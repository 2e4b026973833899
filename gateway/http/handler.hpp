#pragma once

#include "adapters/http.hpp"
#include "gateway/runtime/worker.hpp"

#include <cstdint>
#include <variant>

namespace qnzs::http {

// Close the connection without a byte: the refusal of a platform that repeats only after a
// time-out.
struct Close {};
using Outcome = std::variant<adapters::HttpReply, Close>;

// What a server does with its requests.
class Handler {
 public:
  virtual ~Handler() = default;
  // Called on `worker`'s thread, for many requests at a time. `request` lives until the coroutine
  // ends. Must bound its own waiting. An exception is a bug: logged, answered with 500.
  virtual runtime::Awaitable<Outcome> handle(const adapters::HttpRequest& request,
                                             runtime::Worker& worker) = 0;
  // The caller asks too often, or there is no room: what to answer instead. `request` may be a head
  // whose body has not come. 429 with Retry-After, where nobody knows better. Not to throw.
  virtual Outcome over_limit(const adapters::HttpRequest& request,
                             std::uint32_t retry_after_seconds);
};

}  // namespace qnzs::http
