#pragma once

#include "config/gateway.hpp"
#include "tools/cli/command.hpp"

#include <httplib.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace qnzs::cli {

// Where a gateway is called: the scheme, the host and the port of a URL.
struct GatewayUrl {
  bool is_tls = false;
  std::string host = "127.0.0.1";  // a name or an IP address, without brackets
  int port = 0;
  bool is_certificate_checked = true;

  std::string str() const;  // "https://[::1]:8443"
};

// "http://127.0.0.1:8080", "https://gateway.example.org", "http://[::1]:8080/": no path, the
// scheme's own port when there is none. Nothing for anything else.
std::optional<GatewayUrl> parse_gateway_url(std::string_view text);

// For an option that takes such a URL: the rest of a sentence in Chinese, or "".
std::string check_gateway_url(const std::string& text);

// Where a gateway with these settings takes pushes, seen from the same machine: TLS when plain HTTP
// is off. Its certificate names the public host, so it is not checked. Port 0: the system chooses.
GatewayUrl url_of(const config::GatewaySettings& settings);

// The URL that was asked for, else that of the settings. Nothing when the system chooses the port:
// then `err` was told and `code` set.
std::optional<GatewayUrl> url_of(const config::GatewaySettings& settings,
                                 const std::string& asked_for, Context& context);

// A client for that address; a bad certificate, a name that is none and the like are errors of its
// calls.
std::unique_ptr<httplib::ClientImpl> client_of(const GatewayUrl& url);

// Why a call there got no answer, and what to do, in Chinese.
std::string why_unanswered(httplib::Error error, const GatewayUrl& url);

}  // namespace qnzs::cli
