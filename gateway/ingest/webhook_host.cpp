#include "gateway/ingest/webhook_host.hpp"

#include "gateway/http/answer.hpp"
#include "gateway/ingest/append_within.hpp"
#include "gateway/ingest/once_tokens.hpp"
#include "gateway/runtime/log.hpp"
#include "gateway/runtime/token_bucket.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>

namespace qnzs::ingest {
namespace {

using Clock = std::chrono::steady_clock;
using schema::Fault;

constexpr std::array<Fault, 10> faults{
    Fault::malformed, Fault::unauthentic, Fault::forbidden, Fault::unsupported, Fault::too_large,
    Fault::too_many,  Fault::busy,        Fault::late,      Fault::storage,     Fault::internal};

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// What the log and the counters need of an entry, once the journal has taken it.
struct EntryName {
  EntryKind kind;
  EntryId id;
};

void log_entries(const Route& route, const std::vector<EntryName>& entries,
                 const std::vector<Receipt>& receipts) {
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const bool is_dead = entries[i].kind == EntryKind::dead_letter;
    const auto severity =
        is_dead && !receipts[i].is_repeat ? schema::Severity::warning : schema::Severity::debug;
    if (!runtime::is_logged(severity)) continue;
    runtime::log(severity, is_dead ? "dead_letter_stored" : "message_stored",
                 {{"message_id", schema::MessageId(entries[i].id).hex()},
                  {"channel", route.channel},
                  {"account", route.account},
                  {"sequence", receipts[i].sequence},
                  {"is_repeat", receipts[i].is_repeat}});
  }
}

// The journal counts by the same rule (journal.hpp); this is the same fact by channel and account.
CallbackOutcome outcome_of(const std::vector<EntryName>& entries,
                           const std::vector<Receipt>& receipts) {
  auto outcome = CallbackOutcome::repeated;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (receipts[i].is_repeat) continue;
    if (entries[i].kind == EntryKind::message) return CallbackOutcome::stored;
    outcome = CallbackOutcome::dead_lettered;
  }
  return outcome;
}

// One request between its verification and its answer.
class InFlight {
 public:
  explicit InFlight(std::atomic<std::int64_t>& counter) : counter_(counter), count_(++counter) {}
  ~InFlight() { --counter_; }
  InFlight(const InFlight&) = delete;
  InFlight& operator=(const InFlight&) = delete;
  std::int64_t count() const { return count_; }  // with this one

 private:
  std::atomic<std::int64_t>& counter_;
  std::int64_t count_;
};

}  // namespace

struct WebhookHost::Account {
  explicit Account(Route given) : route(std::move(given)) {}

  // What outlives a reload.
  struct Memory {
    explicit Memory(std::size_t once_tokens_max) : once_tokens(once_tokens_max) {}
    OnceTokens once_tokens;
    runtime::TokenBucket rate;
    std::atomic<std::int64_t> in_flight{0};
  };

  Route route;
  std::shared_ptr<Memory> memory;
  std::array<runtime::Counter, 4> outcomes;  // by CallbackOutcome
  std::array<runtime::Counter, faults.size()> refusals;
  runtime::Counter handshakes;
  runtime::Histogram receive_seconds, store_seconds, total_seconds;
};

WebhookHost::WebhookHost(std::vector<Route> routes, Journal& journal,
                         const schema::Identity& identity, std::size_t payload_bytes_max,
                         const AccountLimits& limits, runtime::Metrics& metrics,
                         const WebhookHost* before)
    : journal_(journal),
      identity_(identity),
      payload_bytes_max_(payload_bytes_max),
      limits_(limits),
      unknown_path_(metrics.counter("qnzs_unknown_paths_total",
                                    "Requests for a path that no configured account has.")) {
  static constexpr std::array<const char*, 4> words{"stored", "repeated", "dead_lettered",
                                                    "refused"};
  for (auto& route : routes) {
    auto account = std::make_unique<Account>(std::move(route));
    const auto& channel = account->route.channel;
    const auto& name = account->route.account;
    const runtime::Labels labels{{"channel", channel}, {"account", name}};
    const auto with = [&labels](const char* name, std::string_view value) {
      auto all = labels;
      all.emplace(name, value);
      return all;
    };
    for (std::size_t i = 0; i < words.size(); ++i) {
      account->outcomes[i] = metrics.counter(
          "qnzs_callbacks_total", "Callbacks by what became of them.", with("outcome", words[i]));
    }
    for (const auto fault : faults) {
      account->refusals[static_cast<std::size_t>(fault)] =
          metrics.counter("qnzs_callbacks_refused_total", "Refused callbacks by fault.",
                          with("fault", schema::consequence(fault).label));
    }
    account->handshakes =
        metrics.counter("qnzs_handshakes_total", "URL verifications answered.", labels);
    const auto stage = [&](const char* name) {
      return metrics.histogram("qnzs_stage_seconds", "Time spent in each stage of a callback.",
                               runtime::Metrics::latency_bounds(), {{"stage", name}});
    };
    account->receive_seconds = stage("receive");
    account->store_seconds = stage("store");
    account->total_seconds = stage("total");
    auto path = "/" + channel + "/" + name;
    if (before != nullptr) {
      if (const auto found = before->accounts_.find(path); found != before->accounts_.end())
        account->memory = found->second->memory;
    }
    if (!account->memory)
      account->memory = std::make_shared<Account::Memory>(account->route.once_tokens_max);
    accounts_.emplace(std::move(path), std::move(account));
  }
}

WebhookHost::~WebhookHost() = default;

std::vector<WebhookHost::Unauthentic> WebhookHost::unauthentic() const {
  std::vector<Unauthentic> all;
  for (const auto& [path, account] : accounts_) {
    const auto& counter = account->refusals[static_cast<std::size_t>(Fault::unauthentic)];
    all.push_back({account->route.channel, account->route.account,
                   static_cast<std::uint64_t>(counter.value())});
  }
  return all;
}

runtime::Awaitable<http::Outcome> WebhookHost::handle(const adapters::HttpRequest& request,
                                                      runtime::Worker& worker) {
  const auto found = accounts_.find(request.path);
  if (found == accounts_.end()) {
    unknown_path_.add();
    co_return http::plain_answer(404, "no such account");
  }
  const auto& account = *found->second;
  if (request.method != "GET" && request.method != "POST") {
    auto answer = http::plain_answer(405, "GET or POST");
    answer.headers.emplace_back("Allow", "GET, POST");
    co_return answer;
  }
  try {
    co_return co_await receive(account, request, worker);
  } catch (const std::exception& bug) {
    runtime::log(schema::Severity::error, "callback_failed",
                 {{"channel", account.route.channel},
                  {"account", account.route.account},
                  {"what", bug.what()}});
  }
  journal_.count_refused();
  co_return refuse(account, request, {Fault::internal, "internal error"});
}

runtime::Awaitable<http::Outcome> WebhookHost::receive(const Account& account,
                                                       const adapters::HttpRequest& request,
                                                       runtime::Worker& worker) {
  const auto start = Clock::now();
  auto received = account.route.webhook->receive(request);
  account.receive_seconds.observe(seconds_since(start));
  if (!received) {
    journal_.count_refused();
    co_return refuse(account, request, received.error());
  }
  const InFlight one_more(account.memory->in_flight);
  if (one_more.count() > limits_.requests_in_flight_max ||
      !account.memory->rate.take(limits_.requests_per_second_max, start)) {
    journal_.count_refused();
    co_return refuse(account, request, {schema::Fault::too_many, "too many for one account"});
  }
  if (received->once_only) {
    const auto taken =
        account.memory->once_tokens.take(*received->once_only, request.received_at.at);
    if (!taken) {
      journal_.count_refused();
      co_return refuse(account, request, taken.error());
    }
  }
  if (received->messages.empty() && received->dead_letters.empty())
    co_return answer_at_once(account, request, std::move(received->once_stored));
  auto outcome = co_await store(account, request, *std::move(received), worker);
  account.total_seconds.observe(seconds_since(start));
  co_return outcome;
}

runtime::Awaitable<http::Outcome> WebhookHost::store(const Account& account,
                                                     const adapters::HttpRequest& request,
                                                     adapters::Received received,
                                                     runtime::Worker& worker) {
  const auto& route = account.route;
  const auto origin = origin_of(route, identity_, payload_bytes_max_);
  auto entries = entries_for(received, request, origin, traceparent_of(request));
  std::vector<EntryName> names;
  names.reserve(entries.size());
  for (const auto& entry : entries) names.push_back({entry.kind, entry.id});
  const auto start = Clock::now();
  const auto receipts =
      co_await append_within(journal_, worker, std::move(entries), route.manner.answer_within);
  account.store_seconds.observe(seconds_since(start));
  if (!receipts && received.once_only)
    account.memory->once_tokens.give_back(received.once_only->token);
  if (!receipts) co_return refuse(account, request, receipts.error());
  account.outcomes[static_cast<std::size_t>(outcome_of(names, *receipts))].add();
  log_entries(route, names, *receipts);
  co_return std::move(received.once_stored);
}

http::Outcome WebhookHost::answer_at_once(const Account& account,
                                          const adapters::HttpRequest& request,
                                          adapters::HttpReply reply) {
  if (reply.status < 400) {
    account.handshakes.add();
  } else {
    journal_.count_refused();
    note_refusal(account, request, {schema::Fault::malformed, "nothing in it can be stored"});
  }
  return reply;
}

void WebhookHost::note_refusal(const Account& account, const adapters::HttpRequest& request,
                               const schema::Error& error) {
  const auto& consequence = schema::consequence(error.fault);
  account.refusals[static_cast<std::size_t>(error.fault)].add();
  account.outcomes[static_cast<std::size_t>(CallbackOutcome::refused)].add();
  runtime::log(consequence.severity, "callback_refused",
               {{"channel", account.route.channel},
                {"account", account.route.account},
                {"fault", consequence.label},
                {"reason", error.reason},
                {"client", request.client}});
}

http::Outcome WebhookHost::refuse(const Account& account, const adapters::HttpRequest& request,
                                  const schema::Error& error) {
  note_refusal(account, request, error);
  const bool is_our_load = error.fault == schema::Fault::too_many;
  return answer_to(account, error, is_our_load ? 1 : retry_after_seconds(journal_.status()));
}

http::Outcome WebhookHost::answer_to(const Account& account, const schema::Error& error,
                                     std::uint32_t retry_after_seconds) const {
  const auto& consequence = schema::consequence(error.fault);
  if (consequence.is_retryable &&
      account.route.manner.refusal == adapters::Refusal::close_unanswered) {
    return http::Close{};
  }
  auto answer = http::plain_answer(consequence.status, error.reason);
  if (consequence.is_retryable)
    answer.headers.emplace_back("Retry-After", std::to_string(retry_after_seconds));
  return answer;
}

http::Outcome WebhookHost::over_limit(const adapters::HttpRequest& request,
                                      std::uint32_t retry_after_seconds) {
  const auto found = accounts_.find(request.path);
  if (found == accounts_.end()) return Handler::over_limit(request, retry_after_seconds);
  return answer_to(*found->second, {schema::Fault::too_many, "too many requests"},
                   retry_after_seconds);
}

std::uint32_t retry_after_seconds(const JournalStatus& status) {
  constexpr double longest = 300;
  if (status.drained_per_second <= 0) return status.sums.queued == 0 ? 1 : 60;
  const auto seconds =
      std::ceil(static_cast<double>(status.sums.queued) / status.drained_per_second);
  return static_cast<std::uint32_t>(std::clamp(seconds, 1.0, longest));
}

}  // namespace qnzs::ingest
