#include "gateway/reload.hpp"

#include "gateway/runtime/log.hpp"
#include "schema/json.hpp"

namespace qnzs {
namespace {

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const auto& part : parts) text.append(text.empty() ? "" : "; ").append(part);
  return text;
}

schema::json::Array array_of(const std::vector<std::string>& texts) {
  schema::json::Array array;
  for (const auto& text : texts) array.emplace_back(text);
  return array;
}

}  // namespace

void log_reload(const Reloaded& reloaded) {
  if (!reloaded.problems.empty()) {
    runtime::log(schema::Severity::error, "reload_refused", {{"why", joined(reloaded.problems)}});
    return;
  }
  runtime::log(schema::Severity::info, "reloaded",
               {{"accounts", reloaded.accounts}, {"need_restart", joined(reloaded.need_restart)}});
}

adapters::HttpReply reload_reply(const Reloaded& reloaded) {
  const bool is_applied = reloaded.problems.empty();
  adapters::HttpReply reply;
  reply.status = is_applied ? 200 : 422;
  reply.content_type = "application/json; charset=utf-8";
  reply.body = schema::json::write_pretty(
                   schema::json::Object{{"applied", is_applied},
                                        {"accounts", static_cast<std::int64_t>(reloaded.accounts)},
                                        {"problems", array_of(reloaded.problems)},
                                        {"need_restart", array_of(reloaded.need_restart)}}) +
               "\n";
  return reply;
}

}  // namespace qnzs
