#include "gateway/app.hpp"

#include "config/changes.hpp"
#include "gateway/admin/admin.hpp"
#include "gateway/alarm/watch.hpp"
#include "gateway/http/server.hpp"
#include "gateway/ingest/journal_metrics.hpp"
#include "gateway/ingest/journal_options.hpp"
#include "gateway/ingest/poll_host.hpp"
#include "gateway/ingest/webhook_host.hpp"
#include "gateway/kafka/publisher.hpp"
#include "gateway/routes.hpp"
#include "gateway/runtime/crew.hpp"
#include "gateway/runtime/log.hpp"
#include "gateway/runtime/metrics.hpp"
#include "gateway/runtime/process_metrics.hpp"
#include "gateway/runtime/worker.hpp"
#include "schema/identity.hpp"

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace qnzs {
namespace {

using schema::Severity;

// A request in flight ends within its channel's deadline; this is longer than any of them.
constexpr std::chrono::seconds requests_finish_within{6};

ingest::JournalOptions journal_options(runtime::Metrics& metrics) {
  ingest::JournalOptions options;
  options.observer = ingest::observe_commits(metrics);
  return options;
}

alarm::Facts facts_of(const ingest::Journal& journal, const ingest::WebhookHost& host) {
  const auto status = journal.status();
  alarm::Facts facts{
      .queued = status.sums.queued,
      .oldest_queued = std::chrono::floor<std::chrono::seconds>(status.oldest_queued_age),
      .journal_used_percent = static_cast<std::int64_t>(status.used_percent),
      .disk_free_mib = static_cast<std::int64_t>(status.disk_free_bytes >> 20),
      .refusal = status.explanation,
      .accounts = {}};
  for (auto& [channel, account, count] : host.unauthentic())
    facts.accounts.push_back({channel.append("/").append(account), count});
  return facts;
}

std::string endpoint_text(const std::string& address, std::uint16_t port) {
  return port == 0 ? "off" : address + ":" + std::to_string(port);
}

// Nothing when no certificate is configured. Throws std::runtime_error, in Chinese, when it cannot
// be used.
std::optional<http::TlsCertificate> certificate_of(const config::HttpSettings& settings) {
  if (settings.tls_certificate_file.empty()) return std::nullopt;
  auto loaded = http::TlsCertificate::load(settings.tls_certificate_file, settings.tls_key_file);
  if (!loaded) throw std::runtime_error(loaded.error());
  return *std::move(loaded);
}

void apply_log(const config::LogSettings& settings) {
  runtime::set_log_level(settings.level);
  runtime::set_log_error_period(std::chrono::seconds(settings.error_seconds_min));
}

config::HttpSettings http_settings_of(const config::AdminSettings& admin) {
  config::HttpSettings settings;
  settings.listen_address = admin.listen_address;
  settings.listen_port = admin.listen_port;
  settings.connections_max = 64;
  settings.connections_per_address_max = 64;
  settings.body_bytes_max = 1024;
  return settings;
}

}  // namespace

// Members die in reverse order: servers before the workers they run on, workers before the journal
// their requests wait for, and all before the metrics they count in.
struct App::Impl {
  Impl(const config::GatewaySettings& all, ReadSettings read)
      : settings(all),
        read_again(std::move(read)),
        printed(all.printed),
        identity(all.installation.identity_key.reveal()),
        journal(ingest::open_journal(all.journal, all.seal_keys, all.installation.journal_id,
                                     journal_options(metrics))),
        publisher(all.kafka, all.publisher, journal->records(), metrics),
        crew(static_cast<std::size_t>(all.http.threads)),
        host(host_for(all, nullptr)),
        polls(polls_for(poll_routes_for(all, identity))),
        server({all.http, host, certificate_of(all.http)}, crew.members(), metrics, "public"),
        admin_server({http_settings_of(all.admin), make_admin(), {}}, admin_crew.members(), metrics,
                     "admin"),
        watch(
            all.alarm, all.installation.journal_id,
            [this] { return facts_of(*journal, *current(&Impl::host)); }, metrics) {
    ingest::expose_status(*journal, metrics);
    runtime::expose_process(metrics, QNZS_VERSION);
  }

  // No coroutine may be left when the servers go.
  ~Impl() {
    crew.stop();
    admin_crew.stop();
  }

  std::shared_ptr<ingest::WebhookHost> host_for(const config::GatewaySettings& all,
                                                const ingest::WebhookHost* before) {
    return std::make_shared<ingest::WebhookHost>(
        routes_for(all, identity), *journal, identity,
        static_cast<std::size_t>(settings.journal.payload_bytes_max),
        ingest::AccountLimits{
            .requests_per_second_max = all.http.requests_per_second_per_account_max,
            .requests_in_flight_max = all.http.requests_in_flight_per_account_max},
        metrics, before);
  }
  std::shared_ptr<ingest::PollHost> polls_for(std::vector<ingest::PollRoute> routes) {
    return std::make_shared<ingest::PollHost>(
        std::move(routes), *journal, identity,
        static_cast<std::size_t>(settings.journal.payload_bytes_max), metrics);
  }
  std::shared_ptr<admin::Admin> make_admin() {
    return std::make_shared<admin::Admin>(
        metrics,
        std::vector<admin::Check>{{"journal", [this] { return journal->status().explanation; }}},
        std::vector<admin::Check>{{"kafka", [this] { return publisher.status().explanation; }},
                                  {"poll", [this] { return current(&Impl::polls)->explanation(); }},
                                  {"journal_damage", [this] { return damage(); }}},
        [this] { return current(&Impl::printed); }, [this] { return reload_reply(reload()); });
  }

  std::string damage() const {
    const auto count = journal->status().damaged;
    if (count == 0) return "";
    return "日志账里有 " + std::to_string(count) + " 条已损坏，另存为死信；请检查磁盘";
  }

  template <class T>
  T current(T Impl::* member) {
    const std::scoped_lock lock(mutex);
    return this->*member;
  }
  Reloaded reload();
  Reloaded serve_with(const config::GatewaySettings& fresh);

  const config::GatewaySettings& settings;  // as it started; what only a restart changes is here
  ReadSettings read_again;
  std::mutex life;  // held by whoever starts, stops or reloads
  std::mutex mutex;
  std::string printed;  // guarded by mutex
  runtime::Metrics metrics;
  schema::Identity identity;
  std::unique_ptr<ingest::Journal> journal;
  kafka::Publisher publisher;
  runtime::Crew crew;
  runtime::Crew admin_crew{1};
  std::shared_ptr<ingest::WebhookHost> host;  // guarded by mutex
  std::shared_ptr<ingest::PollHost> polls;    // guarded by mutex
  http::Server server;
  http::Server admin_server;
  alarm::Watch watch;
  bool is_running = false;  // guarded by life
};

Reloaded App::Impl::reload() {
  const std::scoped_lock one_at_a_time(life);
  Reloaded reloaded;
  try {
    if (!is_running) throw std::runtime_error("网关正在启动或停止");
    auto fresh = read_again();
    if (fresh) {
      reloaded = serve_with(*fresh);
    } else {
      for (const auto& problem : fresh.error()) reloaded.problems.push_back(problem.str());
    }
  } catch (const std::exception& reason) {
    reloaded.problems.emplace_back(reason.what());
  }
  log_reload(reloaded);
  return reloaded;
}

// Everything that can fail comes first.
Reloaded App::Impl::serve_with(const config::GatewaySettings& fresh) {
  auto certificate = certificate_of(fresh.http);
  auto fresh_host = host_for(fresh, host.get());
  auto poll_routes = poll_routes_for(fresh, identity);
  if (settings.http.tls_certificate_file.empty()) certificate.reset();
  server.adopt({fresh.http, fresh_host, std::move(certificate)});
  current(&Impl::polls)->stop();  // at its next step, and the next pass begins at the stored cursor
  auto fresh_polls = polls_for(std::move(poll_routes));
  fresh_polls->start();
  apply_log(fresh.log);
  const std::scoped_lock lock(mutex);
  host = std::move(fresh_host);
  polls = std::move(fresh_polls);
  printed = fresh.printed;
  return {.problems = {},
          .need_restart = config::changed_until_restart(settings, fresh),
          .accounts = fresh.accounts.size()};
}

App::App(const config::GatewaySettings& settings, ReadSettings read_again) {
  apply_log(settings.log);
  impl_ = std::make_unique<Impl>(settings, std::move(read_again));
}

App::~App() {
  stop();
}

Reloaded App::reload() {
  return impl_->reload();
}

void App::start() {
  auto& app = *impl_;
  const std::scoped_lock lock(app.life);
  app.is_running = true;
  app.crew.run();
  app.admin_crew.run();
  app.publisher.start();
  app.polls->start();
  app.server.start();
  app.admin_server.start();
  app.watch.start();
  runtime::log(Severity::info, "gateway_started",
               {{"http", endpoint_text(app.settings.http.listen_address, http_port())},
                {"https", endpoint_text(app.settings.http.tls_listen_address, https_port())},
                {"admin", endpoint_text(app.settings.admin.listen_address, admin_port())},
                {"kafka", app.settings.kafka.bootstrap_servers},
                {"journal", app.settings.journal.path},
                {"journal_id", app.settings.installation.journal_id},
                {"accounts", app.settings.accounts.size()},
                {"queued", app.journal->status().sums.queued}});
}

void App::stop() {
  auto& app = *impl_;
  const std::scoped_lock lock(app.life);
  if (!std::exchange(app.is_running, false)) return;
  runtime::log(Severity::info, "gateway_stopping");
  app.watch.stop();
  app.polls->stop();
  app.server.stop(requests_finish_within);
  app.publisher.stop(std::chrono::milliseconds(app.settings.publisher.stop_ms_max));
  app.journal->stop();
  app.admin_server.stop(std::chrono::seconds(1));
  app.crew.stop();
  app.admin_crew.stop();
  const auto sums = app.journal->status().sums;
  runtime::log(Severity::info, "gateway_stopped",
               {{"entries", sums.entries}, {"published", sums.published}, {"queued", sums.queued}});
}

std::uint16_t App::http_port() const {
  return impl_->server.port();
}

std::uint16_t App::https_port() const {
  return impl_->server.tls_port();
}

std::uint16_t App::admin_port() const {
  return impl_->admin_server.port();
}

}  // namespace qnzs
