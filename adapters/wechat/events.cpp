#include "adapters/wechat/content.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

namespace qnzs::adapters::wechat {
namespace {

using schema::Message;

// What people on duty read; everything else shows its name.
struct Name {
  std::string_view name, text;
};
constexpr std::array<Name, 14> names{{{"subscribe", "关注了公众号"},
                                      {"unsubscribe", "取消了关注"},
                                      {"scan", "扫描了二维码"},
                                      {"location", "上报了位置"},
                                      {"click", "点击了菜单"},
                                      {"view", "打开了菜单链接"},
                                      {"view_miniprogram", "打开了小程序"},
                                      {"scancode_push", "扫码"},
                                      {"scancode_waitmsg", "扫码"},
                                      {"pic_sysphoto", "发送照片"},
                                      {"pic_photo_or_album", "发送照片"},
                                      {"pic_weixin", "发送照片"},
                                      {"location_select", "选择了位置"},
                                      {"user_authorization_revoke", "撤回了授权"}}};

constexpr std::array<std::string_view, 4> receipts{"masssendjobfinish", "templatesendjobfinish",
                                                   "subscribe_msg_sent_event", "publishjobfinish"};
// The platform asks to delete the person's data.
constexpr std::array<std::string_view, 2> erasures{"unsubscribe", "user_authorization_revoke"};

// Documented events whose elements all stand in the part; any other keeps its raw XML too.
constexpr std::array<std::string_view, 19> further{"publishjobfinish",
                                                   "masssendjobfinish",
                                                   "templatesendjobfinish",
                                                   "subscribe_msg_popup_event",
                                                   "subscribe_msg_change_event",
                                                   "subscribe_msg_sent_event",
                                                   "kf_create_session",
                                                   "kf_close_session",
                                                   "kf_switch_session",
                                                   "user_info_modified",
                                                   "qualification_verify_success",
                                                   "qualification_verify_fail",
                                                   "naming_verify_success",
                                                   "naming_verify_fail",
                                                   "annual_renew",
                                                   "verify_expired",
                                                   "user_get_card",
                                                   "user_del_card",
                                                   "user_consume_card"};

bool is_one_of(const auto& list, std::string_view name) {
  return std::ranges::find(list, name) != list.end();
}

std::string text_of(std::string_view name) {
  const auto known = std::ranges::find(names, name, &Name::name);
  return "[事件] " + std::string(known == names.end() ? name : known->text);
}

// LOCATION reports coordinates in elements of its own.
void add_position(const Push& push, Message& message) {
  const auto latitude = push.real("Latitude");
  const auto longitude = push.real("Longitude");
  if (!latitude || !longitude || std::abs(*latitude) > 90 || std::abs(*longitude) > 180) return;
  schema::LocationPart part;
  part.text = "[位置]";
  part.latitude = *latitude;
  part.longitude = *longitude;
  if (const auto precision = push.real("Precision"); precision >= 0) part.precision_m = precision;
  message.parts.emplace_back(std::move(part));
  for (const char* pointer : {"/parts/0/data", "/parts/1/latitude", "/parts/1/longitude"})
    message.pii.emplace(pointer, schema::PiiClass::address);
}

}  // namespace

void add_event(const Push& push, Message& message) {
  const bool is_event = lower(push.type()) == "event";
  schema::EventPart part;
  part.name = lower(is_event ? push.text("Event") : push.type());
  if (part.name.empty()) part.name = "unnamed";
  part.text = text_of(part.name);
  part.key = push.text("EventKey");
  part.data = push.rest({"EventKey"});
  message.kind = is_one_of(receipts, part.name) ? schema::Kind::receipt
                 : is_event                     ? schema::Kind::event
                                                : schema::Kind::message;
  if (message.kind == schema::Kind::receipt) message.author.role = schema::AuthorRole::system;
  if (is_one_of(erasures, part.name)) message.flags.emplace_back("erasure_asked");
  const bool is_position = part.name == "location";
  if (part.name == "location_select")
    message.pii.emplace("/parts/0/data", schema::PiiClass::address);
  message.parts.emplace_back(std::move(part));
  if (is_position) add_position(push, message);
}

bool is_known_event(const Push& push) {
  const auto name = lower(push.text("Event"));
  return lower(push.type()) == "event" &&
         (is_one_of(further, name) || std::ranges::find(names, name, &Name::name) != names.end());
}

Grant grant_for(const Push& push) {
  constexpr std::array<std::string_view, 5> taps{"click", "scancode_push", "scancode_waitmsg",
                                                 "subscribe", "scan"};
  constexpr Grant for_tap{3, std::chrono::minutes(1)};
  if (lower(push.type()) == "event")
    return is_one_of(taps, lower(push.text("Event"))) ? for_tap : Grant{};
  if (!push.text("bizmsgmenuid").empty()) return for_tap;  // a tap on a menu that we had sent
  return {5, std::chrono::hours(48)};
}

}  // namespace qnzs::adapters::wechat
