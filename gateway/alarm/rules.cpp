#include "gateway/alarm/rules.hpp"

#include <algorithm>
#include <set>

namespace qnzs::alarm {
namespace {

using std::chrono::seconds;

constexpr seconds again_within{60};  // after nobody could be told

Alarm alarm_of(Kind kind, Phase phase, const Moment& moment, schema::Instant since) {
  return {.kind = kind,
          .phase = phase,
          .subject = {},
          .summary = {},
          .numbers = {},
          .since = since,
          .at = moment.at};
}

}  // namespace

Rules::Rules(const config::AlarmSettings& settings) : settings_(settings) {}

std::vector<Alarm> Rules::look(const Facts& facts, const Moment& moment) {
  std::vector<Alarm> alarms;
  for (auto& [name, lasting] : lasting_) {
    if (!lasting.gone) lasting.gone = moment.now;  // until it is met below
  }
  for (auto& cause : causes(facts, moment)) meet(std::move(cause), moment, alarms);
  clear(moment, alarms);
  return alarms;
}

std::vector<Rules::Cause> Rules::causes(const Facts& facts, const Moment& moment) {
  std::vector<Cause> found;
  if (facts.oldest_queued >= seconds(settings_.oldest_seconds_max)) {
    const auto minutes = facts.oldest_queued.count() / 60;
    found.push_back({{Kind::oldest_queued, ""},
                     "最早的待发布条目已等了 " + std::to_string(minutes) +
                         " 分钟,请查看 Kafka 是否可用(/readyz 会说明原因)",
                     {{"oldest_queued_seconds", facts.oldest_queued.count()},
                      {"queued", static_cast<std::int64_t>(facts.queued)}}});
  }
  if (facts.journal_used_percent >= settings_.journal_percent_max ||
      facts.disk_free_mib < settings_.disk_free_mib_min) {
    found.push_back({{Kind::disk_low, ""},
                     "日志账已用到上限的 " + std::to_string(facts.journal_used_percent) +
                         "%,磁盘剩余 " + std::to_string(facts.disk_free_mib) +
                         " MiB;到了极限网关会拒收,请恢复 Kafka 或腾出空间",
                     {{"journal_used_percent", facts.journal_used_percent},
                      {"disk_free_mib", facts.disk_free_mib}}});
  }
  if (!facts.refusal.empty()) found.push_back({{Kind::journal_refuses, ""}, facts.refusal, {}});
  for (const auto& account : facts.accounts) {
    if (auto cause = jump(account, moment)) found.push_back(*std::move(cause));
  }
  return found;
}

std::optional<Rules::Cause> Rules::jump(const Facts::Account& account, const Moment& moment) {
  const auto meter =
      jumps_
          .try_emplace(account.name,
                       RateJump({.window = seconds(settings_.unauthentic_window_seconds),
                                 .count_min = static_cast<std::uint64_t>(settings_.unauthentic_min),
                                 .factor_min = static_cast<double>(settings_.unauthentic_factor)}))
          .first;
  const Name name{Kind::unauthentic, account.name};
  meter->second.observe(account.unauthentic, moment.now, !lasting_.contains(name));
  if (!meter->second.is_jump()) return std::nullopt;
  const auto count = static_cast<std::int64_t>(meter->second.in_window());
  return Cause{name,
               "账号 " + account.name + " 在 " +
                   std::to_string(settings_.unauthentic_window_seconds) + " 秒内有 " +
                   std::to_string(count) +
                   " 次签名错误,远多于平时:可能是平台上的 Token 改了,或有人在试探",
               {{"unauthentic", count},
                {"window_seconds", settings_.unauthentic_window_seconds},
                {"usual", static_cast<std::int64_t>(meter->second.usual())}}};
}

void Rules::meet(Cause cause, const Moment& moment, std::vector<Alarm>& alarms) {
  const auto [found, is_new] = lasting_.try_emplace(cause.name);
  auto& lasting = found->second;
  lasting.cause = std::move(cause);
  lasting.gone.reset();
  if (is_new) lasting.since = moment.at;
  if (!is_new && moment.now < lasting.due) return;
  lasting.due = moment.now + seconds(settings_.repeat_seconds);
  auto alarm =
      alarm_of(found->first.first, is_new ? Phase::raised : Phase::repeated, moment, lasting.since);
  alarm.subject = found->first.second;
  alarm.summary = lasting.cause.summary;
  alarm.numbers = lasting.cause.numbers;
  alarms.push_back(std::move(alarm));
}

void Rules::clear(const Moment& moment, std::vector<Alarm>& alarms) {
  for (auto at = lasting_.begin(); at != lasting_.end();) {
    const auto& lasting = at->second;
    const bool is_over =
        lasting.gone && moment.now - *lasting.gone >= seconds(settings_.clear_after_seconds);
    if (!is_over) {
      ++at;
      continue;
    }
    auto alarm = alarm_of(at->first.first, Phase::cleared, moment, lasting.since);
    alarm.subject = at->first.second;
    alarm.summary = "已解除:" + lasting.cause.summary;
    alarm.numbers = lasting.cause.numbers;
    alarms.push_back(std::move(alarm));
    at = lasting_.erase(at);
  }
}

void Rules::not_delivered(const Alarm& alarm, const Moment& moment) {
  const auto found = lasting_.find({alarm.kind, alarm.subject});
  if (found == lasting_.end()) return;
  found->second.due = std::min(found->second.due, moment.now + again_within);
}

std::size_t Rules::active(Kind kind) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(lasting_, [&](const auto& one) { return one.first.first == kind; }));
}

}  // namespace qnzs::alarm
