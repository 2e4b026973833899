#pragma once

#include "adapters/http.hpp"
#include "gateway/runtime/worker.hpp"

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
};

}  // namespace qnzs::http
