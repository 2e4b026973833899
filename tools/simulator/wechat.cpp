#include "tools/simulator/wechat.hpp"

#include "adapters/wechat/envelope.hpp"
#include "schema/crypto.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace qnzs::simulator {
namespace {

namespace wechat = adapters::wechat;

std::string cdata(std::string_view name, std::string_view text) {
  std::string safe(text);
  for (auto at = safe.find("]]>"); at != std::string::npos; at = safe.find("]]>", at + 15))
    safe.replace(at, 3, "]]]]><![CDATA[>");
  return "<" + std::string(name) + "><![CDATA[" + safe + "]]></" + std::string(name) + ">";
}

std::string number(std::string_view name, std::int64_t value) {
  return "<" + std::string(name) + ">" + std::to_string(value) + "</" + std::string(name) + ">";
}

// What stands in a push beside the common elements.
std::string content_of(const WechatPush& push) {
  const auto& type = push.type;
  if (type == "text") return cdata("Content", push.text);
  if (type == "image")
    return cdata("PicUrl", "http://mmbiz.qpic.cn/simulated") + cdata("MediaId", "M1");
  if (type == "voice")
    return cdata("MediaId", "M2") + cdata("Format", "amr") + cdata("Recognition", "");
  if (type == "video" || type == "shortvideo")
    return cdata("MediaId", "M3") + cdata("ThumbMediaId", "M4");
  if (type == "location")
    return "<Location_X>34.7472</Location_X><Location_Y>113.6249</Location_Y><Scale>16</Scale>" +
           cdata("Label", push.text);
  if (type == "link")
    return cdata("Title", push.text) + cdata("Description", "说明") +
           cdata("Url", "https://example.org/");
  if (type == "scancode_push")
    return cdata("EventKey", push.text) + "<ScanCodeInfo>" + cdata("ScanType", "qrcode") +
           cdata("ScanResult", "1") + "</ScanCodeInfo>";
  return cdata("EventKey", push.text);
}

const std::vector<std::string>& messages() {
  static const std::vector<std::string> names{"text",       "image",    "voice", "video",
                                              "shortvideo", "location", "link"};
  return names;
}

std::string nonce() {
  std::array<std::uint8_t, 4> bytes{};
  schema::crypto::random_bytes(bytes);
  return std::to_string(bytes[0] << 16 | bytes[1] << 8 | bytes[2]);
}

std::string encrypted(const WechatAccount& account, std::string_view xml, Corruption corruption) {
  const auto key = wechat::decode_key(account.aes_key);
  if (!key) throw std::invalid_argument("the account has no EncodingAESKey");
  std::array<std::uint8_t, 16> random{};
  schema::crypto::random_bytes(random);
  const auto appid = corruption == Corruption::appid ? "wxffffffffffffffff" : account.appid;
  auto sealed = wechat::seal(xml, *key, appid, random);
  if (corruption == Corruption::cipher) std::swap(sealed[4], sealed[40]);
  return sealed;
}

}  // namespace

const std::vector<std::string>& wechat_types() {
  static const auto names = [] {
    auto all = messages();
    for (const char* event : {"subscribe", "unsubscribe", "SCAN", "CLICK", "VIEW", "scancode_push"})
      all.emplace_back(event);
    return all;
  }();
  return names;
}

std::string xml_of(const WechatPush& push) {
  if (!std::ranges::count(wechat_types(), push.type))
    throw std::invalid_argument("the simulator knows no type " + push.type);
  const bool is_message = std::ranges::count(messages(), push.type) > 0;
  auto xml = "<xml>" + cdata("ToUserName", push.to) + cdata("FromUserName", push.openid) +
             number("CreateTime", push.created_at) +
             cdata("MsgType", is_message ? push.type : "event");
  if (!is_message) xml += cdata("Event", push.type);
  xml += content_of(push);
  if (is_message) xml += number("MsgId", push.message_id);
  return xml + "</xml>";
}

SignedRequest signed_request(const WechatAccount& account, std::string_view xml,
                             std::int64_t timestamp, Corruption corruption) {
  std::string inner(xml);
  if (corruption == Corruption::xml) inner.resize(inner.size() - 3);
  const auto time = std::to_string(timestamp);
  const auto once = nonce();
  const auto sign = [&](auto... pieces) {
    auto signature = wechat::sign({account.token, time, once, pieces...});
    if (corruption == Corruption::signature)
      signature.front() = signature.front() == '0' ? '1' : '0';
    return signature;
  };
  SignedRequest request;
  request.query = "signature=" + sign() + "&timestamp=" + time + "&nonce=" + once;
  if (account.mode == "plain") {
    request.body = std::move(inner);
    return request;
  }
  const auto sealed = encrypted(account, inner, corruption);
  request.query += "&encrypt_type=aes&msg_signature=" + sign(std::string_view(sealed));
  const bool keeps_plain = account.mode == "compat";
  const auto outer = keeps_plain ? std::string(inner.substr(0, inner.rfind("</xml>")))
                                 : "<xml>" + cdata("ToUserName", "gh_simulator00");
  request.body = outer + cdata("Encrypt", sealed) + "</xml>";
  return request;
}

}  // namespace qnzs::simulator
