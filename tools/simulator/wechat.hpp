#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// Plays WeChat's side of a webhook, for tests and demonstrations only: makes pushes, signs and
// encrypts them as the platform does.
namespace qnzs::simulator {

struct WechatAccount {
  std::string token;
  std::string aes_key;  // EncodingAESKey; unused by mode plain
  std::string appid;
  std::string mode;  // plain | compat | safe
};

struct WechatPush {
  std::string type = "text";  // one of `wechat_types`
  std::string text;           // of a text; of an event its key
  std::string openid = "oSimulator0000000000000000001";
  std::string to = "gh_simulator00";
  std::int64_t message_id = 0;
  std::int64_t created_at = 0;  // seconds since 1970
};

// What `xml_of` can make: message types, then events.
const std::vector<std::string>& wechat_types();
// The push as the platform writes it. Throws std::invalid_argument for an unknown type.
std::string xml_of(const WechatPush& push);

enum class Corruption : std::uint8_t { none, signature, cipher, appid, xml };

struct SignedRequest {
  std::string query;  // without '?'
  std::string body;
};
// Wraps and signs one push for the account's mode, with fresh randomness; or wrongly, as told.
SignedRequest signed_request(const WechatAccount& account, std::string_view xml,
                             std::int64_t timestamp, Corruption corruption = Corruption::none);

}  // namespace qnzs::simulator
