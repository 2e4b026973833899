#pragma once

#include "config/gateway.hpp"
#include "gateway/alarm/alarm.hpp"
#include "schema/error.hpp"

#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace qnzs::alarm {

enum class Way : std::uint8_t { command, webhook };
std::string_view word(Way way);

// What became of one alarm on one way.
struct Delivered {
  Way way = Way::command;
  schema::Result<void> outcome;
  std::string
      said;  // what the command printed, or the webhook's answer; cut, for the log of a test
};

// Brings alarms to people: a command that gets the document as its input, and a webhook that gets
// it signed. One thread.
class Delivery {
 public:
  // `gateway` is the journal's id.
  Delivery(const config::AlarmSettings& settings, std::string gateway);

  // The configured ways; none = alarms are only logged and counted.
  std::vector<Way> ways() const;
  // All ways, one after the other. Blocking, at most `command_ms_max` + `webhook_ms_max` (and the
  // resolver's own time for a name); ends early when `stopping` says so.
  std::vector<Delivered> deliver(const Alarm& alarm, const std::stop_token& stopping) const;

 private:
  Delivered run_command(const std::string& document, const std::stop_token& stopping) const;
  Delivered call_webhook(const std::string& document, const std::stop_token& stopping) const;

  const config::AlarmSettings settings_;
  const std::string gateway_;
};

// Value of the header X-Qnzs-Signature: "v1=" and the hex HMAC-SHA256 of "{timestamp}.{body}".
// Pure.
std::string signature(std::string_view secret, std::string_view timestamp, std::string_view body);

}  // namespace qnzs::alarm
