#pragma once

#include "adapters/wechat/push.hpp"
#include "schema/message.hpp"

#include <chrono>
#include <optional>

// What a push says, by type: fills text, parts, attachments, kind and what follows from them. The
// common members are there already (`normalise`).
namespace qnzs::adapters::wechat {

// A message type: text image voice video shortvideo location link miniprogrampage. False when the
// type is another one, or when what makes it one is missing; then nothing was changed.
bool add_message(const Push& push, schema::Message& message);

// Any event, known or not; and a message that `add_message` does not take, with what it says in
// words.
void add_event(const Push& push, schema::Message& message);
// False for what is not documented: then the raw XML is worth keeping.
bool is_known_event(const Push& push);

// How many answers the platform allows because of this push, and how long (customer-service
// messages, rules since 2023-06-12).
struct Grant {
  std::int64_t messages = 0;
  std::chrono::minutes time{0};
};
Grant grant_for(const Push& push);

}  // namespace qnzs::adapters::wechat
