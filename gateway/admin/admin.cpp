#include "gateway/admin/admin.hpp"

#include "config/network.hpp"
#include "gateway/http/answer.hpp"
#include "schema/json.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace qnzs::admin {
namespace {

namespace asio = boost::asio;
using PoolAwaitable = asio::awaitable<adapters::HttpReply, asio::thread_pool::executor_type>;

bool is_loopback(const config::IpAddress& address) {
  static const auto four = config::parse_network("127.0.0.0/8").value();
  static const auto six = config::parse_network("::1").value();
  return four.contains(address) || six.contains(address);
}

adapters::HttpReply typed(std::string content_type, std::string body) {
  adapters::HttpReply reply;
  reply.content_type = std::move(content_type);
  reply.body = std::move(body);
  return reply;
}

schema::json::Array explained(const std::vector<Check>& checks) {
  schema::json::Array found;
  for (const auto& check : checks) {
    if (auto why = check.explain(); !why.empty()) {
      found.emplace_back(schema::json::Object{{"name", check.name}, {"why", std::move(why)}});
    }
  }
  return found;
}

}  // namespace

Admin::Admin(runtime::Metrics& metrics, std::vector<Check> checks, std::vector<Check> notes,
             std::function<std::string()> settings, std::function<adapters::HttpReply()> reload)
    : metrics_(metrics),
      checks_(std::move(checks)),
      notes_(std::move(notes)),
      settings_(std::move(settings)),
      reload_(std::move(reload)) {}

runtime::Awaitable<http::Outcome> Admin::handle(const adapters::HttpRequest& request,
                                                runtime::Worker& /*worker*/) {
  if (request.path == "/reload") co_return co_await reload(request);
  if (request.method != "GET" && request.method != "HEAD") {
    auto answer = http::plain_answer(405, "GET or HEAD\n");
    answer.headers.emplace_back("Allow", "GET, HEAD");
    co_return answer;
  }
  if (request.path == "/healthz") co_return http::plain_answer(200, "ok\n");
  if (request.path == "/readyz") co_return ready();
  if (request.path == "/metrics")
    co_return typed("text/plain; version=0.0.4; charset=utf-8", metrics_.exposition());
  if (request.path == "/config") co_return typed("application/toml; charset=utf-8", settings_());
  co_return http::plain_answer(404, "try /healthz /readyz /metrics /config /reload\n");
}

runtime::Awaitable<http::Outcome> Admin::reload(const adapters::HttpRequest& request) {
  const auto client = config::parse_address(request.client);
  if (!client || !is_loopback(*client))
    co_return http::plain_answer(403, "only from this machine\n");
  if (request.method != "POST") {
    auto answer = http::plain_answer(405, "POST\n");
    answer.headers.emplace_back("Allow", "POST");
    co_return answer;
  }
  const auto work = [this]() -> PoolAwaitable { co_return reload_(); };
  co_return co_await asio::co_spawn(reloads_, work, asio::use_awaitable_t<runtime::Executor>());
}

adapters::HttpReply Admin::ready() const {
  auto obstacles = explained(checks_);
  const bool is_ready = obstacles.empty();
  schema::json::Object answer{{"ready", is_ready}};
  if (!is_ready) answer.emplace_back("obstacles", std::move(obstacles));
  if (auto notes = explained(notes_); !notes.empty())
    answer.emplace_back("notes", std::move(notes));
  auto reply = typed("application/json; charset=utf-8",
                     schema::json::write_pretty(std::move(answer)) + "\n");
  reply.status = is_ready ? 200 : 503;
  return reply;
}

}  // namespace qnzs::admin
