#pragma once

#include "gateway/http/server.hpp"
#include "tests/support/wire.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace qnzs::tests {

// Answers with method, path and body; closes unanswered or throws when the path says so; waits for
// `go` when the path is /wait.
class Echo final : public http::Handler {
 public:
  explicit Echo(std::string prefix = "") : prefix_(std::move(prefix)) {}
  std::atomic<int> handled{0};
  std::atomic<bool> go{false};
  runtime::Awaitable<http::Outcome> handle(const adapters::HttpRequest& request,
                                           runtime::Worker& worker) override;
  // The client of the last request that was handled.
  std::string last_client() const;

 private:
  mutable std::mutex mutex_;
  std::string last_client_;  // guarded by mutex_
  std::string prefix_;
};

// A server on a port of the system's choice, with two workers.
class Running {
 public:
  explicit Running(config::HttpSettings settings = {},
                   std::optional<http::TlsCertificate> certificate = {});
  ~Running();
  double metric(const std::string& name);  // of this server
  double open_connections() { return metric("qnzs_http_connections"); }

  std::shared_ptr<Echo> echo = std::make_shared<Echo>();
  runtime::Metrics metrics;
  std::array<runtime::Worker, 2> workers;
  std::vector<runtime::Worker*> pointers;
  std::unique_ptr<http::Server> server;
  std::vector<std::jthread> threads;
};

}  // namespace qnzs::tests
