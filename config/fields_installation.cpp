#include "config/gateway_fields.hpp"

#include <algorithm>
#include <array>

namespace qnzs::config {
namespace {

bool is_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= '0' && letter <= '9') || letter == '-' ||
           letter == '_';
  });
}

bool is_hex_key(std::string_view text) {
  return text.size() == 64 && std::ranges::all_of(text, [](char letter) {
           return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'f') ||
                  (letter >= 'A' && letter <= 'F');
         });
}

bool is_region(std::string_view text) {
  return text.size() == 6 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

constexpr std::string_view name_hint = "只含小写字母、数字、- 与 _";

const std::array installation_fields{
    Field<InstallationSettings>{
        .key = "journal_id",
        .member = &InstallationSettings::journal_id,
        .description = "本网关日志账的名字。各网关互不相同,投入使用后不可更改。",
        .is_required = true,
        .max = 64,
        .pattern_hint = name_hint,
        .accepts = is_name,
        .example = "gateway-1"},
    Field<InstallationSettings>{
        .key = "identity_key",
        .member = &InstallationSettings::identity_key,
        .description =
            "生成消息与会话编号的密钥,至少 32 字节。全套系统共用一把,永不更换,请妥善备份。",
        .is_required = true,
        .min = 32,
        .max = 1024,
        .example = "file:/etc/qnzs/identity.key"}};

const std::array seal_key_fields{
    Field<SealKeySettings>{.key = "id",
                           .member = &SealKeySettings::id,
                           .description = "密钥的名字,随每条记录保存。",
                           .is_required = true,
                           .max = 16,
                           .pattern_hint = name_hint,
                           .accepts = is_name,
                           .example = "k1"},
    Field<SealKeySettings>{
        .key = "key",
        .member = &SealKeySettings::key,
        .description = "64 个十六进制数字(32 字节)。可用 openssl rand -hex 32 生成。",
        .is_required = true,
        .pattern_hint = "应为 64 个十六进制数字",
        .accepts = is_hex_key,
        .example = "file:/etc/qnzs/seal.key"}};

const std::array site_fields{
    Field<SiteSettings>{.key = "code",
                        .member = &SiteSettings::code,
                        .description = "站点代号,各渠道账号以它指明所属站点。",
                        .is_required = true,
                        .max = 64,
                        .pattern_hint = name_hint,
                        .accepts = is_name,
                        .is_live = true,
                        .example = "henan"},
    Field<SiteSettings>{.key = "name",
                        .member = &SiteSettings::name,
                        .description = "站点名称。",
                        .is_required = true,
                        .min = 1,
                        .max = 200,
                        .is_live = true,
                        .example = "青年之声·河南"},
    Field<SiteSettings>{.key = "region",
                        .member = &SiteSettings::region,
                        .description = "行政区划代码 (GB/T 2260)。",
                        .is_required = true,
                        .pattern_hint = "应为六位数字",
                        .accepts = is_region,
                        .is_live = true,
                        .example = "410000"}};

const std::array account_rows{
    Field<AccountSettings>{.key = "account",
                           .member = &AccountSettings::account,
                           .description = "账号的名字,即地址 /{channel}/{account} 的末段。",
                           .is_required = true,
                           .max = 64,
                           .pattern_hint = name_hint,
                           .accepts = is_name,
                           .example = "henan"},
    Field<AccountSettings>{.key = "site",
                           .member = &AccountSettings::site,
                           .description = "所属站点的代号,见 [[sites]]。",
                           .is_required = true,
                           .max = 64,
                           .pattern_hint = name_hint,
                           .accepts = is_name,
                           .example = "henan"},
    Field<AccountSettings>{.key = "dedupe_hours",
                           .member = &AccountSettings::dedupe_hours,
                           .description = "平台重发的同一条消息,至少在这么多小时内认得出来;"
                                          "0 用渠道自己的时限(一般为 24)。加长会多占内存与磁盘。",
                           .max = 24 * 365}};

constexpr std::array<std::string_view, 4> log_levels{"debug", "info", "warning", "error"};
const std::array log_fields{
    Field<LogSettings>{.key = "level",
                       .member = &LogSettings::level,
                       .description = "最低的日志级别。debug 为每条消息记一行,只在查问题时用。",
                       .choices = log_levels,
                       .is_live = true},
    Field<LogSettings>{.key = "error_seconds_min",
                       .member = &LogSettings::error_seconds_min,
                       .description = "同一错误(事件与原因相同)首次立即记录,此后至少隔这么久记一行,"
                                      "并写明其间省略了多少;0 则每次都记。",
                       .max = 3600,
                       .is_live = true}};

}  // namespace

std::span<const Field<AccountSettings>> account_fields() {
  return account_rows;
}

const Section<InstallationSettings>& installation_section() {
  static const Section<InstallationSettings> section{
      .name = "installation", .description = "本套系统的身份。", .fields = installation_fields};
  return section;
}

const Section<SealKeySettings>& seal_key_section() {
  static const Section<SealKeySettings> section{
      .name = "seal_keys",
      .description = "密封日志账内容的密钥,可有多把:第一把用来密封,其余只用来打开旧记录。",
      .fields = seal_key_fields};
  return section;
}

const Section<SiteSettings>& site_section() {
  static const Section<SiteSettings> section{
      .name = "sites", .description = "各站点(哪一个青年之声)。", .fields = site_fields};
  return section;
}

const Section<LogSettings>& log_section() {
  static const Section<LogSettings> section{
      .name = "log", .description = "运行日志,每行一个 JSON,写到标准错误。", .fields = log_fields};
  return section;
}

}  // namespace qnzs::config
