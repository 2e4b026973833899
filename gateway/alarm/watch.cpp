#include "gateway/alarm/watch.hpp"

#include "gateway/runtime/log.hpp"
#include "gateway/runtime/thread_name.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace qnzs::alarm {
namespace {

using schema::Severity;

Moment moment_now() {
  return {.now = std::chrono::steady_clock::now(),
          .at = std::chrono::floor<schema::Milliseconds>(std::chrono::system_clock::now())};
}

void log_alarm(const Alarm& alarm) {
  const auto severity = alarm.phase == Phase::cleared ? Severity::info : Severity::error;
  runtime::log(severity, "alarm",
               {{"alarm", word(alarm.kind)},
                {"phase", word(alarm.phase)},
                {"subject", alarm.subject},
                {"summary", alarm.summary}});
}

}  // namespace

Watch::Watch(const config::AlarmSettings& settings, const std::string& gateway,
             std::function<Facts()> facts, runtime::Metrics& metrics)
    : look_time_(settings.look_ms),
      facts_(std::move(facts)),
      rules_(settings),
      delivery_(settings, gateway) {
  for (const auto way : {Way::command, Way::webhook}) {
    const auto counter = [&](const char* outcome) {
      return metrics.counter("qnzs_alarm_deliveries_total", "Alarms by way and what became of it.",
                             {{"way", std::string(word(way))}, {"outcome", outcome}});
    };
    ways_.at(static_cast<std::size_t>(way)) = {counter("delivered"), counter("failed")};
  }
  for (std::size_t i = 0; i < kind_count; ++i) {
    const auto kind = static_cast<Kind>(i);
    if (kind == Kind::test) continue;
    active_.at(i) = metrics.gauge("qnzs_alarm_active",
                                  "Alarms that last at present; of unauthentic one per account.",
                                  {{"alarm", std::string(word(kind))}});
  }
}

void Watch::start() {
  thread_ = std::jthread([this](const std::stop_token& stopping) { run(stopping); });
}

void Watch::stop() {
  thread_ = {};  // asks it to stop and joins
}

void Watch::run(const std::stop_token& stopping) {
  runtime::name_thread("alarm");
  std::mutex mutex;
  std::condition_variable_any woken;
  while (!stopping.stop_requested()) {
    look(stopping);
    std::unique_lock lock(mutex);
    woken.wait_for(lock, stopping, look_time_, [] { return false; });
  }
}

void Watch::look(const std::stop_token& stopping) {
  const auto alarms = rules_.look(facts_(), moment_now());
  for (std::size_t i = 0; i < kind_count; ++i) {
    const auto kind = static_cast<Kind>(i);
    if (kind != Kind::test) active_.at(i).set(static_cast<double>(rules_.active(kind)));
  }
  for (const auto& alarm : alarms) tell(alarm, stopping);
}

void Watch::tell(const Alarm& alarm, const std::stop_token& stopping) {
  log_alarm(alarm);
  const auto delivered = delivery_.deliver(alarm, stopping);
  for (const auto& [way, outcome, said] : delivered) {
    const auto& counters = ways_.at(static_cast<std::size_t>(way));
    (outcome ? counters.delivered : counters.failed).add();
    if (!outcome)
      runtime::log(
          Severity::error, "alarm_not_delivered",
          {{"alarm", word(alarm.kind)}, {"way", word(way)}, {"reason", outcome.error().reason}});
  }
  const bool is_told =
      delivered.empty() ||
      std::ranges::any_of(delivered, [](const Delivered& one) { return one.outcome.has_value(); });
  if (!is_told) rules_.not_delivered(alarm, moment_now());
}

}  // namespace qnzs::alarm
