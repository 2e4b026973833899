#pragma once

#include "config/gateway.hpp"
#include "gateway/alarm/alarm.hpp"
#include "gateway/alarm/rate_jump.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace qnzs::alarm {

// What can be known at one moment.
struct Facts {
  std::uint64_t queued = 0;
  std::chrono::seconds oldest_queued{0};
  std::int64_t journal_used_percent = 0;
  std::int64_t disk_free_mib = 0;
  std::string refusal;  // why the journal refuses, Chinese; empty while it accepts
  struct Account {
    std::string name;               // "channel/account"
    std::uint64_t unauthentic = 0;  // since the start
  };
  std::vector<Account> accounts;
};

struct Moment {
  std::chrono::steady_clock::time_point now;
  schema::Instant at{};  // the same for people
};

// Decides whom to wake: facts in, alarms out. An alarm is raised once, repeated while it lasts, and
// cleared when its cause has been away for `clear_after_seconds`; what comes and goes faster is one
// alarm. Pure; one thread.
class Rules {
 public:
  explicit Rules(const config::AlarmSettings& settings);

  std::vector<Alarm> look(const Facts& facts, const Moment& moment);
  // Nobody could be told of it: if it lasts it is due again in a minute.
  void not_delivered(const Alarm& alarm, const Moment& moment);
  // How many alarms of a kind last at present.
  std::size_t active(Kind kind) const;

 private:
  using Name = std::pair<Kind, std::string>;  // with the subject
  struct Cause {
    Name name;
    std::string summary;
    Numbers numbers;
  };
  struct Lasting {
    Cause cause;  // as last seen
    schema::Instant since{};
    std::chrono::steady_clock::time_point due;  // of the next repeat
    std::optional<std::chrono::steady_clock::time_point> gone;
  };
  std::vector<Cause> causes(const Facts& facts, const Moment& moment);
  std::optional<Cause> jump(const Facts::Account& account, const Moment& moment);
  void meet(Cause cause, const Moment& moment, std::vector<Alarm>& alarms);
  void clear(const Moment& moment, std::vector<Alarm>& alarms);

  const config::AlarmSettings settings_;
  std::map<Name, Lasting> lasting_;
  std::map<std::string, RateJump> jumps_;  // by account
};

}  // namespace qnzs::alarm
