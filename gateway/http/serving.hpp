#pragma once

#include "config/gateway.hpp"
#include "config/network.hpp"
#include "gateway/http/handler.hpp"
#include "gateway/http/tls.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace qnzs::http {

// What a server serves with, swapped whole (`Server::adopt`). A request keeps the one it began
// with.
struct Serving {
  // `settings` have been checked. The certificate is there when they name one.
  Serving(config::HttpSettings checked, std::shared_ptr<Handler> handles,
          std::optional<TlsCertificate> loaded)
      : settings(std::move(checked)), handler(std::move(handles)), certificate(std::move(loaded)) {
    for (const auto& text : settings.trusted_proxies)
      trusted_proxies.push_back(config::parse_network(text).value());
  }

  config::HttpSettings settings;
  std::shared_ptr<Handler> handler;
  std::optional<TlsCertificate> certificate;
  std::vector<config::Network> trusted_proxies;
};

}  // namespace qnzs::http
