#pragma once

#include "config/gateway.hpp"
#include "gateway/reload.hpp"

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>

namespace qnzs {

// The gateway put together: journal, publisher, workers and the two HTTP servers. Everything that
// knows more than one of them is here. One thread makes, starts and stops it.
class App {
 public:
  // Opens the journal and both ports, so that what is wrong is known at start: throws
  // std::runtime_error with a Chinese sentence (port taken, journal in use, key missing…). Kafka
  // need not be there. `settings` must outlive the app.
  // `read_again` reads the configuration as it is then, for `reload`.
  using ReadSettings = std::function<std::expected<config::GatewaySettings, config::Problems>()>;
  App(const config::GatewaySettings& settings, ReadSettings read_again);
  // Stops when `stop` was not called.
  ~App();
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  // Starts to accept and to publish.
  void start();
  // Reads the configuration again and serves with it: accounts, secrets, certificates and limits,
  // without losing a request; what only a restart can change is named and stays. Anything wrong
  // with it: nothing changes. Logs and returns what came of it. Blocking; from any thread but a
  // worker's.
  Reloaded reload();
  // Stops accepting, finishes what is in flight, publishes what it can within
  // `publisher.stop_ms_max` and closes the journal; what is unpublished stays in it. Blocking.
  void stop();

  std::uint16_t http_port() const;   // the real one when the configured one is 0; 0 = off
  std::uint16_t https_port() const;  // likewise; 0 without TLS
  std::uint16_t admin_port() const;  // likewise

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace qnzs
