#include "adapters/hotline/settings.hpp"

#include "adapters/hotline/call_record.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace qnzs::adapters::hotline {
namespace {

using config::Field;

bool is_key_id(std::string_view text) {
  return std::ranges::all_of(text, [](char letter) {
    return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') ||
           (letter >= 'A' && letter <= 'Z') || letter == '_' || letter == '-' || letter == '.';
  });
}

Field<Settings> key_id(std::string_view key, std::string Settings::* member,
                       std::string_view description, std::string_view example) {
  return {.key = key,
          .member = member,
          .description = description,
          .max = 64,
          .pattern_hint = "只含字母、数字、.、_ 与 -",
          .accepts = is_key_id,
          .example = example};
}

Field<Settings> secret(std::string_view key, config::Secret Settings::* member,
                       std::string_view description, std::string_view example) {
  return {.key = key,
          .member = member,
          .description = description,
          .min = 32,
          .max = 256,
          .example = example};
}

Field<Settings> number(std::string_view key, std::int64_t Settings::* member,
                       std::string_view description, std::int64_t min, std::int64_t max) {
  return {.key = key, .member = member, .description = description, .min = min, .max = max};
}

const std::array fields{
    key_id("key_id", &Settings::key_id, "密钥的名字,随每个请求送来,更换密钥时用它区分。",
           "2026-11"),
    secret("secret", &Settings::secret,
           "签名的密钥,32 至 256 字节,可用 openssl rand -hex 32 生成。不填则该服务台不能推送。",
           "file:/etc/qnzs/hotline-henan.secret"),
    key_id("previous_key_id", &Settings::previous_key_id, "更换期间旧密钥的名字。", "2026-05"),
    secret("previous_secret", &Settings::previous_secret, "更换期间的旧密钥;换完后删去。",
           "file:/etc/qnzs/hotline-henan.secret.old"),
    number("time_window_seconds", &Settings::time_window_seconds,
           "请求的时间与本机时钟至多相差几秒;此间同一个随机数只收一次。", 1, 3600),
    number("records_max", &Settings::records_max, "一个请求至多几条记录,超过答 413。", 1, 1000),
    Field<Settings>{
        .key = "folder",
        .member = &Settings::folder,
        .description =
            "监视的文件夹:其中的 *.ndjson 每行一条记录。不填则不监视;两个服务台不能用同一个。",
        .max = 4096,
        .is_path = true,
        .is_unique = true,
        .example = "/var/spool/qnzs/hotline-henan"},
    number("poll_ms", &Settings::poll_ms, "隔多久看一次文件夹。", 50, 600'000),
    number("settle_ms", &Settings::settle_ms, "文件静止多久,才认为末尾没有换行的一行已经写完。", 0,
           600'000),
    number("folder_files_max", &Settings::folder_files_max,
           "文件夹中至多读几个 *.ndjson:最近改过的;其余不读,直到移走旧的。", 1, 1000),
    number("line_bytes_max", &Settings::line_bytes_max, "一条记录的字节上限。", 1024,
           record_bytes_max),
    number("append_lines_max", &Settings::append_lines_max, "一次落盘至多几行。", 1, 1000)};

std::vector<config::SectionProblem> check(const Settings& settings) {
  std::vector<config::SectionProblem> problems;
  if (settings.secret.empty() && settings.folder.empty())
    problems.emplace_back("secret", "secret 与 folder 至少要填一项:推送要密钥,文件要文件夹",
                          std::vector<std::string_view>{"folder"});
  if (settings.secret.empty() != settings.key_id.empty())
    problems.emplace_back("key_id", "key_id 与 secret 须同时填写",
                          std::vector<std::string_view>{"secret"});
  if (settings.previous_secret.empty() != settings.previous_key_id.empty())
    problems.emplace_back("previous_key_id", "previous_key_id 与 previous_secret 须同时填写",
                          std::vector<std::string_view>{"previous_secret"});
  if (!settings.key_id.empty() && settings.key_id == settings.previous_key_id)
    problems.emplace_back("previous_key_id", "与 key_id 相同,无法区分,请改名",
                          std::vector<std::string_view>{"key_id"});
  return problems;
}

}  // namespace

const config::Section<Settings>& section() {
  static const config::Section<Settings> section{
      .name = "hotline",
      .description = "12355 服务台;每个服务台一段,地址为 /hotline/{account}。",
      .fields = fields,
      .check = check};
  return section;
}

}  // namespace qnzs::adapters::hotline
