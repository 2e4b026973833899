#include "gateway/runtime/log.hpp"

#include "gateway/runtime/repeats.hpp"
#include "schema/json.hpp"
#include "schema/time.hpp"

#include <spdlog/async.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace qnzs::runtime {
namespace {

using schema::Severity;

constexpr std::array<std::string_view, 4> level_words{"debug", "info", "warning", "error"};
std::atomic<int> least{static_cast<int>(Severity::info)};

using Sink = std::shared_ptr<spdlog::sinks::stderr_sink_mt>;

// Lines on their way to standard error, which may be a pipe that nobody reads.
struct Queue {
  explicit Queue(const Sink& sink)
      : logger(std::make_shared<spdlog::async_logger>(
            "log", sink, pool, spdlog::async_overflow_policy::overrun_oldest)) {}
  std::shared_ptr<spdlog::details::thread_pool> pool =
      std::make_shared<spdlog::details::thread_pool>(8192, 1);
  std::shared_ptr<spdlog::async_logger> logger;
};

struct Loggers {
  Sink sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  Queue lines{sink}, errors{sink};
  Loggers() { sink->set_pattern("%v"); }
};

struct State {
  std::mutex mutex;
  std::shared_ptr<Loggers> loggers;
  struct Budget {
    std::chrono::steady_clock::time_point second;
    int lines = 0;
    std::int64_t suppressed = 0;
  };
  std::map<std::string, Budget, std::less<>> budgets;
  Repeats errors{std::chrono::seconds(10)};
};

State& state() {
  static State* const one = new State;  // outlives every thread that may still log at exit
  return *one;
}

// How many lines of this event were held back until now, or nothing when this one is to be held
// back too.
std::optional<std::int64_t> admit(State& log_state, std::string_view event, Repeats::Instant now) {
  auto found = log_state.budgets.find(event);
  if (found == log_state.budgets.end()) {
    found = log_state.budgets.emplace(std::string(event), State::Budget{now, 0, 0}).first;
  }
  auto& budget = found->second;
  if (now - budget.second >= std::chrono::seconds(1)) {
    budget.second = now;
    budget.lines = 0;
  }
  if (++budget.lines > log_lines_per_second_max) {
    ++budget.suppressed;
    return std::nullopt;
  }
  return std::exchange(budget.suppressed, 0);
}

// What makes two errors the same: the event and why. Empty: never the same, it names a message.
std::string error_kind(std::string_view event, std::initializer_list<LogField> fields) {
  std::string kind(event);
  for (const auto& field : fields) {
    if (field.key == "message_id") return {};
    const auto* text = std::get_if<std::string_view>(&field.value.variant());
    if (text != nullptr && (field.key == "reason" || field.key == "what" || field.key == "fault"))
      kind.append(" ").append(*text);
  }
  return kind;
}

std::optional<std::int64_t> admit_error(State& log_state, const std::string& kind,
                                        Repeats::Instant now,
                                        std::vector<Repeats::LeftOut>& left_out) {
  if (kind.empty()) return 0;
  std::optional<Repeats::LeftOut> made_room;
  const auto admitted = log_state.errors.admit(kind, now, made_room);
  if (made_room) left_out.push_back(*std::move(made_room));
  return admitted;
}

void write_value(schema::json::Writer& writer, const LogValue& value) {
  struct Visitor {
    schema::json::Writer& writer;
    void operator()(std::string_view text) const {
      writer.text(schema::json::is_utf8(text) ? text : std::string_view("(not UTF-8)"));
    }
    void operator()(bool flag) const { writer.boolean(flag); }
    void operator()(std::int64_t number) const { writer.integer(number); }
    void operator()(double number) const { writer.real(number); }
  };
  std::visit(Visitor{writer}, value.variant());
}

std::string render(Severity severity, std::string_view event,
                   std::initializer_list<LogField> fields, std::int64_t suppressed) {
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  std::string line;
  schema::json::Writer writer(line);
  writer.begin_object();
  writer.name("time");
  writer.text(schema::to_rfc3339({.at = now}));
  writer.name("level");
  writer.text(level_words[static_cast<std::size_t>(severity)]);
  writer.name("event");
  writer.text(event);
  for (const auto& field : fields) {
    writer.name(field.key);
    write_value(writer, field.value);
  }
  if (suppressed > 0) {
    writer.name("suppressed_before");
    writer.integer(suppressed);
  }
  writer.end_object();
  return line;
}

void tell(Loggers& loggers, const Repeats::LeftOut& item) {
  loggers.errors.logger->log(
      spdlog::level::info,
      render(Severity::error, "errors_left_out", {{"error", item.kind}, {"count", item.count}}, 0));
}

}  // namespace

void set_log_level(std::string_view level) {
  for (std::size_t i = 0; i < level_words.size(); ++i) {
    if (level_words[i] == level) least = static_cast<int>(i);
  }
}

bool is_logged(Severity severity) {
  return static_cast<int>(severity) >= least;
}

void set_log_error_period(std::chrono::milliseconds period) {
  const std::scoped_lock lock(state().mutex);
  state().errors.set_period(period);
}

void log(Severity severity, std::string_view event, std::initializer_list<LogField> fields) {
  if (!is_logged(severity)) return;
  auto& log_state = state();
  std::vector<Repeats::LeftOut> left_out;
  std::optional<std::int64_t> suppressed = 0;
  std::shared_ptr<Loggers> loggers;
  {
    const std::scoped_lock lock(log_state.mutex);
    const auto now = std::chrono::steady_clock::now();
    suppressed = severity == Severity::error
                     ? admit_error(log_state, error_kind(event, fields), now, left_out)
                     : admit(log_state, event, now);
    std::ranges::move(log_state.errors.take_overdue(now), std::back_inserter(left_out));
    if (!suppressed && left_out.empty()) return;
    if (!log_state.loggers) log_state.loggers = std::make_shared<Loggers>();
    loggers = log_state.loggers;
  }
  for (const auto& item : left_out) tell(*loggers, item);
  if (!suppressed) return;
  auto& queue = severity == Severity::error ? loggers->errors : loggers->lines;
  queue.logger->log(spdlog::level::info, render(severity, event, fields, *suppressed));
}

void flush_log() {
  auto& log_state = state();
  const std::scoped_lock lock(log_state.mutex);
  const auto left_out = log_state.errors.take_all();
  if (!left_out.empty() && !log_state.loggers) log_state.loggers = std::make_shared<Loggers>();
  for (const auto& item : left_out) tell(*log_state.loggers, item);
  log_state.loggers.reset();  // joins the queues' threads after they have written everything
}

}  // namespace qnzs::runtime
