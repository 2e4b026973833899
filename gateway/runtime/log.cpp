#include "gateway/runtime/log.hpp"

#include "schema/json.hpp"
#include "schema/time.hpp"

#include <spdlog/async.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

namespace qnzs::runtime {
namespace {

using schema::Severity;

constexpr std::array<std::string_view, 4> level_words{"debug", "info", "warning", "error"};
std::atomic<int> least{static_cast<int>(Severity::info)};

// Two loggers on one sink: the queued one must never hold up an io thread, the direct one must have
// written before a dying process goes on.
struct Loggers {
  std::shared_ptr<spdlog::sinks::stderr_sink_mt> sink =
      std::make_shared<spdlog::sinks::stderr_sink_mt>();
  std::shared_ptr<spdlog::details::thread_pool> pool =
      std::make_shared<spdlog::details::thread_pool>(8192, 1);
  std::shared_ptr<spdlog::async_logger> queued = std::make_shared<spdlog::async_logger>(
      "queued", sink, pool, spdlog::async_overflow_policy::overrun_oldest);
  spdlog::logger direct{"direct", sink};
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
};

State& state() {
  static State* const one = new State;  // outlives every thread that may still log at exit
  return *one;
}

// How many lines of this event were held back until now, or -1 when this one is to be held back
// too.
std::int64_t admit(State& log_state, std::string_view event) {
  const auto now = std::chrono::steady_clock::now();
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
    return -1;
  }
  return std::exchange(budget.suppressed, 0);
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

}  // namespace

void set_log_level(std::string_view level) {
  for (std::size_t i = 0; i < level_words.size(); ++i) {
    if (level_words[i] == level) least = static_cast<int>(i);
  }
}

bool is_logged(Severity severity) {
  return static_cast<int>(severity) >= least;
}

void log(Severity severity, std::string_view event, std::initializer_list<LogField> fields) {
  if (!is_logged(severity)) return;
  auto& log_state = state();
  std::int64_t suppressed = 0;
  std::shared_ptr<Loggers> loggers;
  {
    const std::scoped_lock lock(log_state.mutex);
    if (severity != Severity::error) suppressed = admit(log_state, event);
    if (suppressed < 0) return;
    if (!log_state.loggers) log_state.loggers = std::make_shared<Loggers>();
    loggers = log_state.loggers;
  }
  const auto line = render(severity, event, fields, suppressed);
  if (severity == Severity::error) {
    loggers->direct.log(spdlog::level::err, line);
    loggers->direct.flush();
  } else {
    loggers->queued->log(spdlog::level::info, line);
  }
}

void flush_log() {
  auto& log_state = state();
  const std::scoped_lock lock(log_state.mutex);
  log_state.loggers.reset();  // joins the queue's thread after it has written everything
}

}  // namespace qnzs::runtime
