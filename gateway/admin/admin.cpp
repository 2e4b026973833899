#include "gateway/admin/admin.hpp"

#include "gateway/http/answer.hpp"
#include "schema/json.hpp"

#include <utility>

namespace qnzs::admin {
namespace {

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
             std::string settings)
    : metrics_(metrics),
      checks_(std::move(checks)),
      notes_(std::move(notes)),
      settings_(std::move(settings)) {}

runtime::Awaitable<http::Outcome> Admin::handle(const adapters::HttpRequest& request,
                                                runtime::Worker& /*worker*/) {
  if (request.method != "GET" && request.method != "HEAD") {
    auto answer = http::plain_answer(405, "GET or HEAD\n");
    answer.headers.emplace_back("Allow", "GET, HEAD");
    co_return answer;
  }
  if (request.path == "/healthz") co_return http::plain_answer(200, "ok\n");
  if (request.path == "/readyz") co_return ready();
  if (request.path == "/metrics")
    co_return typed("text/plain; version=0.0.4; charset=utf-8", metrics_.exposition());
  if (request.path == "/config") co_return typed("application/toml; charset=utf-8", settings_);
  co_return http::plain_answer(404, "try /healthz /readyz /metrics /config\n");
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
