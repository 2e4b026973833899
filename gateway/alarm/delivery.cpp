#include "gateway/alarm/delivery.hpp"

#include "gateway/http/client.hpp"
#include "gateway/runtime/command.hpp"
#include "schema/crypto.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace qnzs::alarm {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t said_bytes_max = 4096;
constexpr milliseconds retry_first{500};

// Waits; true when it was told to stop.
bool pause(milliseconds time, const std::stop_token& stopping) {
  std::mutex mutex;
  std::condition_variable_any woken;
  std::unique_lock lock(mutex);
  woken.wait_for(lock, stopping, time, [] { return false; });
  return stopping.stop_requested();
}

bool is_worth_a_retry(const schema::Result<adapters::HttpReply>& answer) {
  return !answer || answer->status >= 500 || answer->status == 408 || answer->status == 429;
}

schema::Result<void> judged(const schema::Result<adapters::HttpReply>& answer) {
  if (!answer) return std::unexpected(answer.error());
  if (answer->status >= 200 && answer->status < 300) return {};
  return schema::fail(schema::Fault::internal, "status " + std::to_string(answer->status));
}

}  // namespace

std::string_view word(Way way) {
  return way == Way::command ? "command" : "webhook";
}

std::string signature(std::string_view secret, std::string_view timestamp, std::string_view body) {
  const auto mac = schema::crypto::HmacKey(secret).mac({timestamp, ".", body});
  return "v1=" + schema::crypto::hex(mac);
}

Delivery::Delivery(const config::AlarmSettings& settings, std::string gateway)
    : settings_(settings), gateway_(std::move(gateway)) {}

std::vector<Way> Delivery::ways() const {
  std::vector<Way> ways;
  if (!settings_.command.empty()) ways.push_back(Way::command);
  if (!settings_.webhook_url.empty()) ways.push_back(Way::webhook);
  return ways;
}

std::vector<Delivered> Delivery::deliver(const Alarm& alarm,
                                         const std::stop_token& stopping) const {
  const auto text = document(alarm, gateway_);
  std::vector<Delivered> delivered;
  for (const auto way : ways()) {
    delivered.push_back(way == Way::command ? run_command(text, stopping)
                                            : call_webhook(text, stopping));
  }
  return delivered;
}

Delivered Delivery::run_command(const std::string& document,
                                const std::stop_token& stopping) const {
  const auto end = runtime::run_command(
      settings_.command, document + "\n",
      {.time_max = milliseconds(settings_.command_ms_max), .output_bytes_max = said_bytes_max},
      stopping);
  if (!end) return {Way::command, std::unexpected(end.error()), {}};
  Delivered delivered{Way::command, {}, end->output};
  if (end->code != 0)
    delivered.outcome =
        schema::fail(schema::Fault::internal, "exit code " + std::to_string(end->code));
  return delivered;
}

Delivered Delivery::call_webhook(const std::string& document,
                                 const std::stop_token& stopping) const {
  const auto until = Clock::now() + milliseconds(settings_.webhook_ms_max);
  auto retry = retry_first;
  for (std::int64_t attempt = 1;; ++attempt, retry *= 2) {
    const auto left = std::chrono::duration_cast<milliseconds>(until - Clock::now());
    const auto timestamp =
        std::to_string(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now())
                           .time_since_epoch()
                           .count());
    const adapters::HttpCall call{
        .method = "POST",
        .url = settings_.webhook_url,
        .headers = {{"X-Qnzs-Timestamp", timestamp},
                    {"X-Qnzs-Signature",
                     signature(settings_.webhook_secret.reveal(), timestamp, document)}},
        .content_type = "application/json",
        .body = document};
    const auto answer = http::execute(call,
                                      {.time_max = left,
                                       .answer_bytes_max = said_bytes_max,
                                       .ca_file = settings_.webhook_ca_file},
                                      stopping);
    const bool is_last = attempt >= settings_.webhook_attempts_max || Clock::now() + retry >= until;
    if (!is_worth_a_retry(answer) || is_last || pause(retry, stopping))
      return {Way::webhook, judged(answer), answer ? answer->body : ""};
  }
}

}  // namespace qnzs::alarm
