#include "adapters/wechat/content.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <span>
#include <string>

namespace qnzs::adapters::wechat {
namespace {

using schema::Message;

// What people on duty read; everything else shows its name.
struct Name {
  std::string_view name, text;
};
// Messages without what makes them one: a picture without MediaId, a place outside the world.
constexpr std::array<Name, 6> message_names{{{"image", "发送了图片"},
                                             {"voice", "发送了语音"},
                                             {"video", "发送了视频"},
                                             {"shortvideo", "发送了视频"},
                                             {"location", "发送了位置"},
                                             {"link", "发送了链接"}}};
// Documented events whose elements all stand in the part.
constexpr std::array names{
    std::to_array<Name>({{"subscribe", "关注了公众号"},
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
                         {"user_info_modified", "修改了个人资料"},
                         {"user_authorization_revoke", "撤回了授权"},
                         {"masssendjobfinish", "群发已完成"},
                         {"templatesendjobfinish", "模板消息已发送"},
                         {"publishjobfinish", "发布已完成"},
                         {"subscribe_msg_popup_event", "答复了订阅通知的弹窗"},
                         {"subscribe_msg_change_event", "更改了订阅通知的设置"},
                         {"subscribe_msg_sent_event", "订阅通知已发送"},
                         {"kf_create_session", "客服会话已接入"},
                         {"kf_close_session", "客服会话已结束"},
                         {"kf_switch_session", "客服会话已转接"},
                         {"qualification_verify_success", "资质认证成功"},
                         {"qualification_verify_fail", "资质认证失败"},
                         {"naming_verify_success", "名称认证成功"},
                         {"naming_verify_fail", "名称认证失败"},
                         {"annual_renew", "认证须年审"},
                         {"verify_expired", "认证已过期"},
                         {"user_get_card", "领取了卡券"},
                         {"user_del_card", "删除了卡券"},
                         {"user_consume_card", "核销了卡券"}})};
// Events of other products, which are passed on as they are; a name that ends in _ stands for all
// that begin so.
constexpr std::array other_names{std::to_array<Name>({{"card_", "卡券通知"},
                                                      {"poi_check_notify", "门店审核结果"},
                                                      {"wificonnected", "连接了 Wi-Fi"},
                                                      {"shakearoundusershake", "摇一摇周边"},
                                                      {"merchant_order", "微信小店有订单"},
                                                      {"wxa_media_check", "内容检测结果"},
                                                      {"open_product_", "商品通知"}})};

constexpr std::array<std::string_view, 4> receipts{"masssendjobfinish", "templatesendjobfinish",
                                                   "subscribe_msg_sent_event", "publishjobfinish"};
// The platform asks to delete the person's data.
constexpr std::array<std::string_view, 2> erasures{"unsubscribe", "user_authorization_revoke"};

// Elements of events that name a person.
constexpr std::array<std::string_view, 5> personal{"OpenID", "OpenPID", "UnionId", "FriendUserName",
                                                   "UserCardCode"};

bool is_one_of(const auto& list, std::string_view name) {
  return std::ranges::find(list, name) != list.end();
}

std::string text_of(std::span<const Name> list, std::string_view name) {
  const auto known = std::ranges::find_if(list, [&](const Name& one) {
    return one.name == name || (one.name.ends_with('_') && name.starts_with(one.name));
  });
  return std::string(known == list.end() ? name : known->text);
}

// A name that neither list knows is shown as it is.
std::string event_text(std::string_view name) {
  return "[事件] " + text_of(other_names, text_of(names, name));
}

// Of the elements that stand in the part's data, the strongest kind; nothing when none is personal.
std::optional<schema::PiiClass> class_of_data(const Push& push, std::string_view name) {
  if (name == "location" || name == "location_select") return schema::PiiClass::address;
  const auto is_there = [&](std::string_view element) { return !push.text(element).empty(); };
  if (std::ranges::any_of(personal, is_there)) return schema::PiiClass::user_id;
  if (!is_known_event(push)) return schema::PiiClass::other;
  return std::nullopt;
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
  for (const char* pointer : {"/parts/1/latitude", "/parts/1/longitude"})
    message.pii.emplace(pointer, schema::PiiClass::address);
}

}  // namespace

void add_event(const Push& push, Message& message) {
  const bool is_event = lower(push.type()) == "event";
  schema::EventPart part;
  part.name = lower(is_event ? push.text("Event") : push.type());
  if (part.name.empty()) part.name = "unnamed";
  part.text = is_event ? event_text(part.name) : "[消息] " + text_of(message_names, part.name);
  part.key = push.text("EventKey");
  part.data = push.rest({"EventKey"});
  message.kind = is_one_of(receipts, part.name) ? schema::Kind::receipt
                 : is_event                     ? schema::Kind::event
                                                : schema::Kind::message;
  if (message.kind == schema::Kind::receipt) message.author.role = schema::AuthorRole::system;
  if (is_one_of(erasures, part.name)) message.flags.emplace_back("erasure_asked");
  const bool is_position = is_event && part.name == "location";
  if (const auto kind = class_of_data(push, part.name); kind && !part.data.empty())
    message.pii.emplace("/parts/0/data", *kind);
  message.parts.emplace_back(std::move(part));
  if (is_position) add_position(push, message);
  message.text = push.text("Content");
  if (is_event || !message.text.empty()) return;
  message.text = push.text("Label");
  if (!message.text.empty()) message.pii.emplace("/text", schema::PiiClass::address);
}

bool is_known_event(const Push& push) {
  const auto name = lower(push.text("Event"));
  return lower(push.type()) == "event" &&
         std::ranges::find(names, name, &Name::name) != names.end();
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
