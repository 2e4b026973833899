#pragma once

#include "adapters/http.hpp"
#include "adapters/poll.hpp"
#include "config/section.hpp"
#include "schema/error.hpp"
#include "schema/identity.hpp"
#include "schema/message.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// What a channel is. Adapters are pure: bytes in, values out; no socket, clock, Kafka, log or
// thread. Everything they need of the world comes with the request.
namespace qnzs::adapters {

// Marks a request that may be honoured only once, within its account. The host remembers it.
struct OnceOnly {
  std::string token;
  schema::Instant until;  // from then on the adapter refuses the request by itself
};

// What one callback contained, and what to answer once all of it is in the journal. Both lists
// empty means that there is nothing to store: the answer goes out at once; it is a handshake, or,
// with a status of 400 and above, a refusal in the channel's own words.
struct Received {
  std::vector<schema::Message> messages;
  std::vector<schema::DeadLetter> dead_letters;
  HttpReply once_stored;  // a function of the request alone: a platform's repeat gets the first
                          // answer again
  std::optional<OnceOnly> once_only;  // a second request with it is refused, unless storing the
                                      // first has failed
};

// How a channel understands that we could not store its callback.
enum class Refusal : std::uint8_t {
  close_unanswered,  // only a time-out makes it send again
  retry_after,       // status of the fault and a Retry-After
};

// What the host must keep to towards a channel.
struct Manner {
  std::chrono::milliseconds answer_within{4000};  // stored and answered by then, or refused
  Refusal refusal = Refusal::retry_after;
  std::chrono::hours dedupe_window{24};  // how long an id is remembered at least; an account's
                                         // dedupe_hours comes before it
};

// A channel that calls us. Pure and stateless; safe from any thread. Called once per callback.
class Webhook {
 public:
  virtual ~Webhook() = default;
  // Verifies, decodes, normalises. Success means authentic: what is authentic but not understood
  // comes back as a dead letter inside `Received`. Faults: malformed, unauthentic, forbidden,
  // unsupported, too_large; the host answers them with the status of the fault and stores nothing.
  virtual schema::Result<Received> receive(const HttpRequest& request) const = 0;

  // The body of a dead letter of ours once more, after a fix; `received_at` is that of then. It was
  // authentic when it came, else it would be none, and what proved it (query, headers, a window of
  // time) is not kept: so the proof alone is not asked for, all else is as in `receive`. Never for
  // what comes from outside. Default: unsupported.
  virtual schema::Result<Received> receive_again(const HttpRequest& request) const;
};

// What an adapter gets to be made with. The identity outlives every adapter.
struct Installation {
  schema::Site site;
  const schema::Identity* identity = nullptr;
  std::size_t payload_bytes_max = 256 * 1024;  // raw bytes kept in a dead letter
};

// A request that is authentic but not understood, whole: its body is the payload, cut to
// `payload_bytes_max`. The host gives it its id.
struct Aside {
  std::string_view channel, account;
  schema::SiteCode site;
  std::string reason;  // an English word, e.g. "xml_malformed"
  std::string detail;  // English, no message text; may be ""
  std::size_t payload_bytes_max = 0;
};
schema::DeadLetter dead_letter(const HttpRequest& request, Aside aside);

// One line of the registry. What opens a shape is null for a channel that has not got it, and gives
// null for an account that does not use it.
struct Channel {
  std::string_view name;  // = folder = config section = fixtures folder = metric label
  Manner manner;
  config::ChannelSection section;
  // `settings` is the type that `section` reads; it has been checked.
  std::unique_ptr<Webhook> (*open_webhook)(const config::AccountSettings& settings,
                                           const Installation& installation) = nullptr;
  std::unique_ptr<Poll> (*open_poll)(const config::AccountSettings& settings,
                                     const Installation& installation) = nullptr;
};

// The one list of channels (registry.cpp). Same order at every call.
std::span<const Channel> channels();
const Channel* find_channel(std::string_view name);

}  // namespace qnzs::adapters
