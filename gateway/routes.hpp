#pragma once

#include "config/gateway.hpp"
#include "gateway/ingest/poll_host.hpp"
#include "gateway/ingest/webhook_host.hpp"
#include "schema/identity.hpp"

#include <vector>

namespace qnzs {

// One route for each configured account whose channel calls us, made by the registry. `identity`
// must outlive the routes. Throws std::logic_error for what a checked configuration cannot hold.
std::vector<ingest::Route> routes_for(const config::GatewaySettings& settings,
                                      const schema::Identity& identity);

// Likewise for each account that we ask.
std::vector<ingest::PollRoute> poll_routes_for(const config::GatewaySettings& settings,
                                               const schema::Identity& identity);

// The registry's sections, for `config::load_gateway`.
std::vector<config::ChannelSection> channel_sections();

}  // namespace qnzs
