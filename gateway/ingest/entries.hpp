#pragma once

#include "adapters/adapter.hpp"
#include "gateway/ingest/journal.hpp"
#include "schema/identity.hpp"

#include <chrono>
#include <string_view>
#include <vector>

namespace qnzs::ingest {

// Where a callback came in: what its entries need beyond the messages.
struct Origin {
  std::string_view channel;
  std::string_view account;
  const schema::Site* site = nullptr;
  const schema::Identity* identity = nullptr;
  std::size_t payload_bytes_max = 256 * 1024;
  std::chrono::milliseconds keep_id{std::chrono::hours{24}};
};

// Of a Route or a PollRoute; both must outlive it.
template <class AnyRoute>
Origin origin_of(const AnyRoute& route, const schema::Identity& identity,
                 std::size_t payload_bytes_max) {
  return {.channel = route.channel,
          .account = route.account,
          .site = &route.site,
          .identity = &identity,
          .payload_bytes_max = payload_bytes_max,
          .keep_id = route.manner.dedupe_window};
}

// What one callback contained → the entries to store, messages first. A message that does not
// validate or is over `schema::document_bytes_max` becomes a dead letter with the request's body,
// so that nothing accepted is lost. `traceparent` is the caller's (W3C trace context), or empty.
// Pure; safe from any thread.
std::vector<Entry> entries_for(const adapters::Received& received,
                               const adapters::HttpRequest& request, const Origin& origin,
                               std::string_view traceparent);

// The request's traceparent header when it is a valid W3C one, else "".
std::string_view traceparent_of(const adapters::HttpRequest& request);

}  // namespace qnzs::ingest
