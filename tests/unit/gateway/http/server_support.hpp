#pragma once

#include "gateway/http/server.hpp"

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

  std::shared_ptr<Echo> echo = std::make_shared<Echo>();
  runtime::Metrics metrics;
  std::array<runtime::Worker, 2> workers;
  std::vector<runtime::Worker*> pointers;
  std::unique_ptr<http::Server> server;
  std::vector<std::jthread> threads;
};

// A plain socket for what a well-behaved client would never send. Waits at most ten seconds.
class Wire {
 public:
  explicit Wire(std::uint16_t port, const std::string& from = "127.0.0.1");
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  // False when the other side takes no more.
  bool send(std::string_view bytes);
  // What there is to read, at least one byte; empty when the other side has closed.
  std::string read_some();
  // Something to read, or the end, comes within the time.
  bool has_answer(std::chrono::milliseconds time_max);
  // All bytes until the other side closes.
  std::string read_all();

 private:
  int descriptor_;
};

}  // namespace qnzs::tests
