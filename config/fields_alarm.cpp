#include "config/gateway_fields.hpp"

#include <array>

namespace qnzs::config {
namespace {

using A = AlarmSettings;

Field<A> number(std::string_view key, std::int64_t A::* member, std::string_view description,
                std::int64_t min, std::int64_t max) {
  return {.key = key, .member = member, .description = description, .min = min, .max = max};
}

bool is_url(std::string_view text) {
  return text.empty() || text.starts_with("http://") || text.starts_with("https://");
}

constexpr std::int64_t day_seconds = 86'400;

const std::array alarm_fields{
    Field<A>{.key = "command",
             .member = &A::command,
             .description = "报警时运行的程序与参数,不经 shell;报警内容 (JSON) 从标准输入给它。",
             .max = 4096,
             .example = "[\"/usr/local/bin/page-duty\", \"--urgent\"]"},
    number("command_ms_max", &A::command_ms_max, "程序的时限,超过便结束它。", 100, 60'000),
    Field<A>{.key = "webhook_url",
             .member = &A::webhook_url,
             .description = "报警时以 POST 送到的地址,带签名;格式见 gateway/alarm/README.md。",
             .max = 4096,
             .pattern_hint = "应以 http:// 或 https:// 开头",
             .accepts = is_url,
             .example = "https://duty.example.org/qnzs"},
    Field<A>{.key = "webhook_secret",
             .member = &A::webhook_secret,
             .description = "给报警签名的密钥,填了 webhook_url 便必填。",
             .min = 16,
             .max = 1024,
             .example = "file:/etc/qnzs/alarm.secret"},
    Field<A>{.key = "webhook_ca_file",
             .member = &A::webhook_ca_file,
             .description = "签发对方证书的 CA 文件 (PEM);空则用系统的。",
             .max = 4096,
             .is_path = true,
             .is_file = true},
    number("webhook_ms_max", &A::webhook_ms_max, "一次报警连同各次重试的时限。", 100, 60'000),
    number("webhook_attempts_max", &A::webhook_attempts_max, "时限之内至多试几次。", 1, 20),
    number("look_ms", &A::look_ms, "多久查看一次。", 50, 60'000),
    number("repeat_seconds", &A::repeat_seconds, "仍未解除时,隔多久再报一次。", 1, day_seconds),
    number("clear_after_seconds", &A::clear_after_seconds,
           "起因消失多久之后才算解除;时好时坏时不会反复报警。", 0, day_seconds),
    number("oldest_seconds_max", &A::oldest_seconds_max, "最早的待发布条目等了多久便报警。", 1,
           30 * day_seconds),
    number("journal_percent_max", &A::journal_percent_max,
           "日志账用到上限的百分之多少便报警;须小于 journal.refuse_at_percent。", 1, 100),
    number("disk_free_mib_min", &A::disk_free_mib_min,
           "磁盘剩余少于此数便报警;须大于 journal.disk_free_mib_min,0 则不报。", 0, 1 << 20),
    number("unauthentic_window_seconds", &A::unauthentic_window_seconds,
           "统计每个账号的签名错误时,看最近多久。", 1, day_seconds),
    number("unauthentic_min", &A::unauthentic_min, "这段时间里至少有多少次签名错误才报警。", 1,
           1'000'000),
    number("unauthentic_factor", &A::unauthentic_factor, "并且是该账号平时的多少倍。", 1, 1'000)};

std::vector<SectionProblem> check_alarm(const A& alarm) {
  std::vector<SectionProblem> found;
  if (!alarm.webhook_url.empty() && alarm.webhook_secret.empty())
    found.push_back(
        {"webhook_secret", "填了 webhook_url 便必填:收的人要凭它确认是我们发的", {"webhook_url"}});
  if (!alarm.command.empty() && !alarm.command.front().starts_with('/'))
    found.push_back({"command", "程序须写绝对路径,以 / 开头"});
  return found;
}

}  // namespace

const Section<AlarmSettings>& alarm_section() {
  static const Section<AlarmSettings> section{
      .name = "alarm",
      .description =
          "报警:发不出去、磁盘或日志账将满、拒收、签名错误骤增时叫人。command 与 "
          "webhook_url 可都填,都不填则只记日志与指标。",
      .fields = alarm_fields,
      .check = check_alarm};
  return section;
}

}  // namespace qnzs::config
