#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace qnzs::schema {

// Our classes of failure. What follows from each stands in one table (`consequence`), so that no
// caller compares strings or decides twice.
enum class Fault : std::uint8_t {
  malformed,    // the request is not what its protocol says
  unauthentic,  // no or a wrong signature: counted, never stored
  forbidden,    // authentic, but not allowed here (mode, account, path)
  unsupported,  // a method, path or media type we do not serve
  too_large,    // over a limit of ours
  too_many,     // over a rate or connection limit
  busy,         // we cannot take it now: queue or journal near its limit, or stopping
  late,         // the deadline passed before it was stored
  storage,      // the journal could not store: disk full, I/O error, read-only, corrupt
  internal,     // a bug or a start-up condition
};

enum class Severity : std::uint8_t { debug, info, warning, error };

struct Consequence {
  std::string_view label;  // metric label and log word, English, snake_case
  std::uint16_t status;    // HTTP status where the channel understands one
  bool is_retryable;       // the same bytes may succeed later
  Severity severity;       // what the log line costs: error = a person must look
};

// The one table. Never fails.
const Consequence& consequence(Fault fault);

// A failure that crosses a module border. `reason` is short English for callers and logs; it never
// holds message text, a secret or a personal identifier.
struct Error {
  Fault fault = Fault::internal;
  std::string reason;
};

template <class T>
using Result = std::expected<T, Error>;

inline std::unexpected<Error> fail(Fault fault, std::string reason) {
  return std::unexpected(Error{fault, std::move(reason)});
}

}  // namespace qnzs::schema
