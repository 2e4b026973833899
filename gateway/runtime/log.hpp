#pragma once

#include "schema/error.hpp"

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

// Writes one line. Infos and warnings go through a bounded queue (the oldest are dropped, never the
// caller blocked) and at most `log_lines_per_second_max` of one event a second; errors are written
// at once.
void log(schema::Severity severity, std::string_view event,
         std::initializer_list<LogField> fields = {});
inline constexpr int log_lines_per_second_max = 20;

// Waits until all that was logged before is written; for the end of the process.
void flush_log();

}  // namespace qnzs::runtime
