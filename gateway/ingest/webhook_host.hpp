#pragma once

#include "adapters/adapter.hpp"
#include "gateway/http/handler.hpp"
#include "gateway/ingest/entries.hpp"
#include "gateway/ingest/journal.hpp"
#include "gateway/runtime/metrics.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace qnzs::ingest {

// One account that platforms can call, at /{channel}/{account}.
struct Route {
  std::string channel;
  std::string account;
  schema::Site site;
  adapters::Manner manner;
  std::unique_ptr<adapters::Webhook> webhook;
  std::size_t once_tokens_max = 100'000;
};

// What one account may take of the gateway; counted for authentic callbacks alone, so that forged
// ones do not use up an account's share.
struct AccountLimits {
  std::int64_t requests_per_second_max = 20'000;
  std::int64_t requests_in_flight_max = 2048;
};

// HTTP path → webhook → journal → answer: receive, normalise, validate, store, and only then
// answer. What cannot be stored, and what meets a bug of ours, is refused in the way the channel
// understands, and counted. Safe from any worker.
class WebhookHost final : public http::Handler {
 public:
  // `journal`, `identity` and `metrics` must outlive the host. What `before`, the host that this
  // one takes over from, has counted and remembers of an account goes on here.
  WebhookHost(std::vector<Route> routes, Journal& journal, const schema::Identity& identity,
              std::size_t payload_bytes_max, const AccountLimits& limits, runtime::Metrics& metrics,
              const WebhookHost* before = nullptr);
  ~WebhookHost() override;

  runtime::Awaitable<http::Outcome> handle(const adapters::HttpRequest& request,
                                           runtime::Worker& worker) override;
  // By the manner of the account's channel.
  http::Outcome over_limit(const adapters::HttpRequest& request,
                           std::uint32_t retry_after_seconds) override;

  // How many callbacks of each account had a wrong signature, since the start. Safe from any
  // thread.
  struct Unauthentic {
    std::string channel, account;
    std::uint64_t count = 0;
  };
  std::vector<Unauthentic> unauthentic() const;

 private:
  struct Account;  // a route with its metric handles

  runtime::Awaitable<http::Outcome> receive(const Account& account,
                                            const adapters::HttpRequest& request,
                                            runtime::Worker& worker);
  runtime::Awaitable<http::Outcome> store(const Account& account,
                                          const adapters::HttpRequest& request,
                                          adapters::Received received, runtime::Worker& worker);
  // What was understood but holds nothing to store: a handshake, or the channel's own refusal.
  http::Outcome answer_at_once(const Account& account, const adapters::HttpRequest& request,
                               adapters::HttpReply reply);
  void note_refusal(const Account& account, const adapters::HttpRequest& request,
                    const schema::Error& error);
  http::Outcome refuse(const Account& account, const adapters::HttpRequest& request,
                       const schema::Error& error);
  http::Outcome answer_to(const Account& account, const schema::Error& error,
                          std::uint32_t retry_after_seconds) const;

  Journal& journal_;
  const schema::Identity& identity_;
  std::size_t payload_bytes_max_;
  AccountLimits limits_;
  std::map<std::string, std::unique_ptr<Account>, std::less<>> accounts_;  // by path
  runtime::Counter unknown_path_;
};

// Whole seconds until a refused caller may find room again: what is queued over how fast it drains,
// 1 to 300.
std::uint32_t retry_after_seconds(const JournalStatus& status);

}  // namespace qnzs::ingest
