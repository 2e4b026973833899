#pragma once

#include "config/gateway.hpp"
#include "gateway/http/handler.hpp"
#include "gateway/http/tls.hpp"

#include <memory>
#include <optional>

namespace qnzs::http {

// What a server serves with, swapped whole (`Server::adopt`). A request keeps the one it began
// with.
struct Serving {
  config::HttpSettings settings;
  std::shared_ptr<Handler> handler;
  std::optional<TlsCertificate> certificate;  // present when `settings` name one
};

}  // namespace qnzs::http
