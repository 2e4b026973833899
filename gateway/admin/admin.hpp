#pragma once

#include "gateway/http/handler.hpp"
#include "gateway/runtime/metrics.hpp"

#include <boost/asio/thread_pool.hpp>

#include <functional>
#include <string>
#include <vector>

namespace qnzs::admin {

// One thing that must be so before the process is ready; empty = it is, else why not (Chinese).
struct Check {
  std::string name;
  std::function<std::string()> explain;
};

// What operators and machines look at: /healthz (lives), /readyz (accepts, or why not), /metrics
// (Prometheus), /config (effective settings, secrets starred), and POST /reload (from this machine
// alone). Not for the internet: it has a listener of its own.
class Admin final : public http::Handler {
 public:
  // `notes` are told by /readyz too but do not make it unready (Kafka away: we still accept). All
  // must be safe from any thread and not block; `reload` may, it has a thread of its own here.
  Admin(runtime::Metrics& metrics, std::vector<Check> checks, std::vector<Check> notes,
        std::function<std::string()> settings, std::function<adapters::HttpReply()> reload);

  runtime::Awaitable<http::Outcome> handle(const adapters::HttpRequest& request,
                                           runtime::Worker& worker) override;

 private:
  adapters::HttpReply ready() const;
  runtime::Awaitable<http::Outcome> reload(const adapters::HttpRequest& request);

  runtime::Metrics& metrics_;
  std::vector<Check> checks_;
  std::vector<Check> notes_;
  std::function<std::string()> settings_;
  std::function<adapters::HttpReply()> reload_;
  boost::asio::thread_pool reloads_{1};
};

}  // namespace qnzs::admin
