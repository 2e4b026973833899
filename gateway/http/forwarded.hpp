#pragma once

#include "adapters/http.hpp"
#include "config/network.hpp"

#include <span>
#include <string_view>

namespace qnzs::http {

bool is_in(const config::IpAddress& address, std::span<const config::Network> networks);

// Whose request it is when `peer`, a trusted proxy, passes it on: the last hop named by the header
// `name` ("X-Forwarded-For", or "Forwarded" of RFC 7239) that is not a trusted proxy itself. What
// stands before it could be anyone's invention. `peer` when the header is absent, or malformed from
// that hop on.
config::IpAddress forwarded_client(std::span<const adapters::HeaderView> headers,
                                   std::string_view name, const config::IpAddress& peer,
                                   std::span<const config::Network> trusted);

}  // namespace qnzs::http
