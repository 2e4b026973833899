#pragma once

#include "schema/error.hpp"

#include <chrono>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

// Structured log: one JSON object per line on standard error, `time`, `level` and `event` first.
// Levels by consequence: debug = one message, info = life-cycle, warning = recovered or refused,
// error = a person must look. Never a message text, a secret or a personal id; a message is named
// by its message id
// ("message_id").
namespace qnzs::runtime {

class LogValue {
 public:
  LogValue(std::string_view text) : value_(text) {}
  LogValue(const char* text) : value_(std::string_view(text)) {}
  LogValue(const std::string& text) : value_(std::string_view(text)) {}
  LogValue(bool flag) : value_(flag) {}
  LogValue(std::integral auto number) : value_(static_cast<std::int64_t>(number)) {}
  LogValue(std::floating_point auto number) : value_(static_cast<double>(number)) {}
  const auto& variant() const { return value_; }

 private:
  std::variant<std::string_view, bool, std::int64_t, double> value_;
};

struct LogField {
  std::string_view key;
  LogValue value;
};

// Least severity that is written; "info", "warning" or "error". Default: info. Safe from any
// thread.
void set_log_level(std::string_view level);

bool is_logged(schema::Severity severity);

// Writes one line, through bounded queues: the caller is never blocked, and errors have a queue of
// their own, so that nothing else can push them out. Infos and warnings: at most
// `log_lines_per_second_max` of one event a second. Errors: the first of an event with the same
// "reason", "what" and "fault" at once, then one in each period with the count of those between;
// what is left out at the end is told as "errors_left_out". An error with a "message_id" is said
// each time.
void log(schema::Severity severity, std::string_view event,
         std::initializer_list<LogField> fields = {});
inline constexpr int log_lines_per_second_max = 20;

// The period in which an error is not repeated. Default: 10 s. Safe from any thread.
void set_log_error_period(std::chrono::milliseconds period);

// Waits until all that was logged before is written; for the end of the process.
void flush_log();

}  // namespace qnzs::runtime
