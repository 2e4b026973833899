#pragma once

#include "adapters/adapter.hpp"

namespace qnzs::adapters::hotline {

// The channel's line in the registry: an interface of ours, so refusals say when to come back; ids
// are remembered for 30 days.
Channel channel();

// Null when the desk has no secret: then nobody can call.
std::unique_ptr<Webhook> open_webhook(const config::AccountSettings& settings,
                                      const Installation& installation);

// Null when the desk has no folder.
std::unique_ptr<Poll> open_poll(const config::AccountSettings& settings,
                                const Installation& installation);

}  // namespace qnzs::adapters::hotline
