#include "adapters/wechat/settings.hpp"

#include "adapters/wechat/envelope.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace qnzs::adapters::wechat {
namespace {

using config::Field;

bool is_alphanumeric(char letter) {
  return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') ||
         (letter >= 'A' && letter <= 'Z');
}

bool is_token(std::string_view text) {
  return std::ranges::all_of(
      text, [](char letter) { return is_alphanumeric(letter) || letter == '_' || letter == '-'; });
}

bool is_appid(std::string_view text) {
  return text.starts_with("wx") && std::ranges::all_of(text, is_alphanumeric);
}

bool is_original_id(std::string_view text) {
  return text.empty() || text.starts_with("gh_");
}

bool is_aes_key(std::string_view text) {
  return text.empty() || decode_key(text).has_value();
}

constexpr std::array<std::string_view, 3> modes{"plain", "compat", "safe"};

const std::array fields{
    Field<Settings>{.key = "appid",
                    .member = &Settings::appid,
                    .description = "公众号的 AppID(开发者 ID)。安全模式下,每条推送都与它核对。",
                    .is_required = true,
                    .min = 3,
                    .max = 64,
                    .pattern_hint = "应以 wx 开头,只含字母与数字",
                    .accepts = is_appid,
                    .example = "wx0000000000000001"},
    Field<Settings>{.key = "original_id",
                    .member = &Settings::original_id,
                    .description = "公众号的原始 ID。填写后,发给别的公众号的推送不当作消息,"
                                   "存为死信 (another_account)。",
                    .max = 64,
                    .pattern_hint = "应以 gh_ 开头",
                    .accepts = is_original_id,
                    .example = "gh_0123456789ab"},
    Field<Settings>{.key = "mode",
                    .member = &Settings::mode,
                    .description =
                        "消息加解密方式,与公众平台上所选一致:plain 明文、compat 兼容、"
                        "safe 安全。safe 之下,未加密的推送会被拒绝;加密的推送在任何方式下"
                        "都会用 aes_key 打开。",
                    .choices = modes},
    Field<Settings>{.key = "token",
                    .member = &Settings::token,
                    .description = "公众平台“服务器配置”中的 Token,用于验证签名。",
                    .is_required = true,
                    .min = 3,
                    .max = 64,
                    .pattern_hint = "只含字母、数字、_ 与 -",
                    .accepts = is_token,
                    .example = "file:/etc/qnzs/henan.token"},
    Field<Settings>{.key = "aes_key",
                    .member = &Settings::aes_key,
                    .description = "公众平台“服务器配置”中的 EncodingAESKey,43 个字符。"
                                   "兼容与安全模式必填;明文模式下也建议填写:平台上一旦改为加密,"
                                   "没有密钥的推送只能存为死信 (no_aes_key)。",
                    .max = 64,
                    .pattern_hint = "应为 43 个字符的 EncodingAESKey",
                    .accepts = is_aes_key,
                    .example = "file:/etc/qnzs/henan.aes_key"},
    Field<Settings>{.key = "previous_aes_key",
                    .member = &Settings::previous_aes_key,
                    .description = "更换 EncodingAESKey 期间的旧密钥;换完一天后可删去。",
                    .max = 64,
                    .pattern_hint = "应为 43 个字符的 EncodingAESKey",
                    .accepts = is_aes_key,
                    .example = "file:/etc/qnzs/henan.aes_key.old"},
    Field<Settings>{.key = "can_reply",
                    .member = &Settings::can_reply,
                    .description = "该公众号已认证,可发客服消息。未认证的设为 false,"
                                   "下游便不会以为能够答复。"},
};

std::vector<config::SectionProblem> check(const Settings& settings) {
  if (settings.mode == "plain" || !settings.aes_key.empty()) return {};
  return {{"aes_key",
           "mode 为 " + settings.mode + " 时必填:请填公众平台上的 EncodingAESKey",
           {"mode"}}};
}

}  // namespace

const config::Section<Settings>& section() {
  static const config::Section<Settings> section{
      .name = "wechat",
      .description = "微信公众号;每个账号一段,地址为 /wechat/{account}。",
      .fields = fields,
      .check = check};
  return section;
}

}  // namespace qnzs::adapters::wechat
