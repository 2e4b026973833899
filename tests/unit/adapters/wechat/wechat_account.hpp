#pragma once

#include "adapters/adapter.hpp"
#include "adapters/wechat/envelope.hpp"
#include "adapters/wechat/settings.hpp"
#include "adapters/wechat/webhook.hpp"

#include <string>

// One account under test, and requests to it.
namespace qnzs::tests {

inline constexpr const char* key_e = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
inline const std::string key_zero(43, 'A');

struct WechatAccount {
  adapters::wechat::Settings settings;
  schema::Identity identity{std::string(32, 'k')};

  WechatAccount(const std::string& mode, const std::string& token, const std::string& appid = "wx0",
                const std::string& aes_key = key_e) {
    settings.account = "a";
    settings.site = "henan";
    settings.mode = mode;
    settings.appid = appid;
    settings.token = config::Secret(token);
    settings.aes_key = config::Secret(aes_key);
  }

  std::unique_ptr<adapters::Webhook> open() const {
    const adapters::Installation installation{
        .site = {schema::SiteCode("henan"), "青年之声·河南", "410000"}, .identity = &identity};
    return adapters::wechat::channel().open_webhook(settings, installation);
  }
  schema::Result<adapters::Received> receive(const std::string& method, const std::string& query,
                                             const std::string& body = "") const {
    return open()->receive(request_of(method, query, body));
  }
  // As a dead letter's body, with nothing that was signed.
  schema::Result<adapters::Received> receive_again(const std::string& body) const {
    return open()->receive_again(request_of("POST", "", body));
  }
  static adapters::HttpRequest request_of(const std::string& method, const std::string& query,
                                          const std::string& body) {
    adapters::HttpRequest request;
    request.method = method;
    request.path = "/wechat/a";
    request.query = query;
    request.body = body;
    request.received_at = {schema::Instant(std::chrono::seconds(1700000001))};
    return request;
  }

  // A safe-mode push whose envelope is `encrypted`, rightly signed.
  schema::Result<adapters::Received> receive_envelope(const std::string& encrypted) const {
    const auto token = settings.token.reveal();
    const auto signature = adapters::wechat::sign({token, "1", "2", encrypted});
    return receive("POST", "timestamp=1&nonce=2&encrypt_type=aes&msg_signature=" + signature,
                   "<xml><Encrypt><![CDATA[" + encrypted + "]]></Encrypt></xml>");
  }
  // The same, sealed from an XML text with this account's key.
  schema::Result<adapters::Received> receive_sealed(const std::string& xml) const {
    return receive_envelope(sealed(xml));
  }
  std::string sealed(const std::string& xml) const {
    const std::array<std::uint8_t, 16> random{7};
    const auto key = adapters::wechat::decode_key(settings.aes_key.reveal());
    return adapters::wechat::seal(xml, *key, settings.appid, random);
  }
  // A plain push, rightly signed.
  schema::Result<adapters::Received> receive_plain(const std::string& xml) const {
    const auto signature = adapters::wechat::sign({settings.token.reveal(), "1", "2"});
    return receive("POST", "timestamp=1&nonce=2&signature=" + signature, xml);
  }
};

// A push of that type with these further elements.
inline std::string push(const std::string& type, const std::string& more) {
  return "<xml><ToUserName>gh_1</ToUserName><FromUserName>oU1</FromUserName>"
         "<CreateTime>1700000000</CreateTime><MsgType>" +
         type + "</MsgType>" + more + "</xml>";
}

}  // namespace qnzs::tests
