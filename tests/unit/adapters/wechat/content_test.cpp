#include "tests/unit/adapters/wechat/wechat_account.hpp"

#include <doctest/doctest.h>

using qnzs::tests::push;
using qnzs::tests::WechatAccount;
namespace schema = qnzs::schema;

namespace {

schema::Message read(const std::string& xml, const std::string& mode = "safe") {
  WechatAccount account(mode, "token");
  auto received = mode == "safe" ? account.receive_sealed(xml) : account.receive_plain(xml);
  REQUIRE(received);
  REQUIRE(received->messages.size() == 1);
  return std::move(received->messages.front());
}

const schema::EventPart& event_of(const schema::Message& message) {
  REQUIRE_FALSE(message.parts.empty());
  REQUIRE(std::holds_alternative<schema::EventPart>(message.parts.front()));
  return std::get<schema::EventPart>(message.parts.front());
}

std::string event(const std::string& name, const std::string& more = "") {
  return push("event", "<Event>" + name + "</Event>" + more);
}

constexpr schema::Instant created{std::chrono::seconds(1700000000)};

}  // namespace

TEST_CASE("checklist CDATA: a text in CDATA is taken as it is") {
  CHECK(
      read(push("text", "<Content><![CDATA[a<b&c]]></Content><MsgId><![CDATA[1]]></MsgId>")).text ==
      "a<b&c");
}

TEST_CASE("checklist non-CDATA: a plain text means the same") {
  CHECK(read(push("text", "<Content>a&lt;b&amp;c</Content><MsgId>1</MsgId>")).text == "a<b&c");
}

TEST_CASE("checklist control characters: they are removed and said, the rest is kept") {
  const auto message = read(push("text", "<Content>救\x02命\x1D!</Content><MsgId>1</MsgId>"));
  CHECK(message.text == "救命!");
  CHECK(message.flags == std::vector<std::string>{"control_characters_removed"});
  const auto broken = read(push("text", "<Content>\xff好</Content><MsgId>1</MsgId>"));
  CHECK(broken.text == "\xEF\xBF\xBD好");
  CHECK(broken.flags == std::vector<std::string>{"replacement_characters"});
}

TEST_CASE(
    "A cry for help with a wild numeric reference in it arrives whole, and the repair is said") {
  const auto in_cdata =
      read(push("text", "<Content><![CDATA[救命&#0;在北京路]]></Content><MsgId>1</MsgId>"));
  CHECK(in_cdata.text == "救命&#0;在北京路");
  CHECK(in_cdata.flags.empty());
  for (const char* reference : {"&#0;", "&#4294967296;", "&#x10;", "&#xD800;"}) {
    const auto message = read(push(
        "text", "<Content>救命" + std::string(reference) + "在北京路</Content><MsgId>1</MsgId>"));
    CHECK(message.text == "救命\xEF\xBF\xBD在北京路");
    CHECK(message.flags == std::vector<std::string>{"replacement_characters"});
  }
}

TEST_CASE("checklist DOCTYPE refused: nothing is expanded, the bytes are a dead letter") {
  const std::string xml = "<!DOCTYPE xml [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>" +
                          push("text", "<Content>&a;</Content>");
  const auto received = WechatAccount("safe", "token").receive_sealed(xml);
  REQUIRE(received);
  CHECK(received->messages.empty());
  REQUIRE(received->dead_letters.size() == 1);
  CHECK(received->dead_letters[0].reason == "xml_doctype");
}

TEST_CASE("checklist nested lists: pictures are a list however they are repeated") {
  const auto one = read(event("pic_weixin",
                              "<SendPicsInfo><Count>1</Count><PicList><item><PicMd5Sum>a</"
                              "PicMd5Sum></item></PicList></SendPicsInfo>"));
  const auto* list = event_of(one).data[0].second.find("PicList");
  REQUIRE(list != nullptr);
  REQUIRE(list->array() != nullptr);
  CHECK(list->array()->size() == 1);
  const auto many =
      read(event("subscribe_msg_popup_event",
                 "<SubscribeMsgPopupEvent><List><TemplateId>a</TemplateId></"
                 "List><List><TemplateId>b</TemplateId></List></SubscribeMsgPopupEvent>"));
  const auto* templates = event_of(many).data[0].second.find("List");
  REQUIRE(templates != nullptr);
  CHECK(templates->array()->size() == 2);
  CHECK(*templates->array()->at(1).find("TemplateId")->text() == "b");
}

TEST_CASE("checklist 19-digit MsgId: no digit is lost") {
  CHECK(read(push("text", "<Content>x</Content><MsgId>7250021412600020993</MsgId>"))
            .source.id.str() == "7250021412600020993");
}

TEST_CASE("checklist unknown event: it becomes an event part and its XML is kept") {
  const auto xml = event("Brand_New", "<EventKey>k</EventKey><A><B>1</B></A>");
  const auto message = read(xml);
  CHECK(event_of(message).name == "brand_new");
  CHECK(event_of(message).key == "k");
  CHECK(*event_of(message).data[0].second.find("B")->text() == "1");
  CHECK(*message.ext[0].second.find("xml")->text() == xml);
  CHECK(read(event("CLICK")).ext[0].second.find("xml") == nullptr);
}

TEST_CASE("checklist duplicate within 15 s: the same push sealed anew has the same id") {
  WechatAccount account("safe", "token");
  const auto xml = push("text", "<Content>x</Content><MsgId>1</MsgId>");
  const auto key = qnzs::adapters::wechat::decode_key(qnzs::tests::key_e);
  const std::array<std::uint8_t, 16> one{1}, two{2};
  const auto first = account.receive_envelope(qnzs::adapters::wechat::seal(xml, *key, "wx0", one));
  const auto second = account.receive_envelope(qnzs::adapters::wechat::seal(xml, *key, "wx0", two));
  CHECK(first->messages.at(0).id == second->messages.at(0).id);
  CHECK(first->once_stored.body == second->once_stored.body);
}

TEST_CASE("Fifteen people whose voices got one MsgId are fifteen messages") {
  const auto from = [](const std::string& sender) {
    auto xml = push("voice", "<MediaId>M</MediaId><MsgId>1</MsgId>");
    return xml.replace(xml.find("oU1"), 3, sender);
  };
  CHECK(read(from("oU2")).id != read(from("oU3")).id);
}

TEST_CASE("Two events of one person in one second are two") {
  CHECK(read(event("LOCATION")).id != read(event("CLICK", "<EventKey>a</EventKey>")).id);
  CHECK(read(event("CLICK", "<EventKey>a</EventKey>")).id !=
        read(event("CLICK", "<EventKey>b</EventKey>")).id);
  CHECK(read(event("unsubscribe")).id == read(event("unsubscribe")).id);
}

TEST_CASE("Events of one name in one second differ by whatever element tells them apart") {
  const auto sent = [](const std::string& id) {
    return event("subscribe_msg_sent_event",
                 "<SubscribeMsgSentEvent><List><TemplateId>t</TemplateId><MsgID>" + id +
                     "</MsgID></List></SubscribeMsgSentEvent>");
  };
  const auto card = [](const std::string& code) {
    return event("user_get_card", "<CardId>c</CardId><UserCardCode>" + code + "</UserCardCode>");
  };
  const auto switched = [](const std::string& to) {
    return event("kf_switch_session",
                 "<FromKfAccount>a@x</FromKfAccount><ToKfAccount>" + to + "</ToKfAccount>");
  };
  CHECK(read(sent("1")).id != read(sent("2")).id);
  CHECK(read(card("1")).id != read(card("2")).id);
  CHECK(read(switched("b@x")).id != read(switched("c@x")).id);
  CHECK(read(sent("1")).id == read(sent("1")).id);
  CHECK(read(event("user_get_card", "<UserCardCode>1</UserCardCode><CardId>c</CardId>")).id ==
        read(card("1")).id);
}

TEST_CASE("A message allows five answers in 48 hours, a tap three in a minute, a view none") {
  const auto message = read(push("text", "<Content>x</Content><MsgId>1</MsgId>"));
  CHECK(message.reply.grants == 5);
  CHECK(message.reply.expires_at->at == created + std::chrono::hours(48));
  for (const char* name : {"CLICK", "scancode_push", "scancode_waitmsg", "subscribe", "SCAN"}) {
    const auto tap = read(event(name));
    CHECK(tap.reply.grants == 3);
    CHECK(tap.reply.expires_at->at == created + std::chrono::minutes(1));
  }
  CHECK_FALSE(read(event("VIEW")).reply.possible);
  CHECK_FALSE(read(event("unsubscribe")).reply.possible);
}

TEST_CASE("Every event that is documented is told in Chinese, and any other by its name") {
  for (const char* name : {"subscribe",
                           "unsubscribe",
                           "SCAN",
                           "LOCATION",
                           "CLICK",
                           "VIEW",
                           "view_miniprogram",
                           "scancode_push",
                           "scancode_waitmsg",
                           "pic_sysphoto",
                           "pic_photo_or_album",
                           "pic_weixin",
                           "location_select",
                           "MASSSENDJOBFINISH",
                           "TEMPLATESENDJOBFINISH",
                           "PUBLISHJOBFINISH",
                           "subscribe_msg_popup_event",
                           "subscribe_msg_change_event",
                           "subscribe_msg_sent_event",
                           "kf_create_session",
                           "kf_close_session",
                           "kf_switch_session",
                           "user_info_modified",
                           "user_authorization_revoke",
                           "qualification_verify_success",
                           "qualification_verify_fail",
                           "naming_verify_success",
                           "naming_verify_fail",
                           "annual_renew",
                           "verify_expired",
                           "card_pass_check",
                           "card_not_pass_check",
                           "user_get_card",
                           "user_del_card",
                           "user_consume_card",
                           "poi_check_notify",
                           "WifiConnected",
                           "ShakearoundUserShake",
                           "merchant_order",
                           "wxa_media_check",
                           "open_product_account_status_change"}) {
    CAPTURE(name);
    const auto message = read(event(name));
    const auto shown = event_of(message).text;
    CHECK(shown.starts_with("[事件] "));
    CHECK_FALSE(shown.contains(event_of(message).name));
    CHECK(shown.size() > std::string("[事件] ").size());
  }
  CHECK(event_of(read(event("Brand_New"))).text == "[事件] brand_new");
  CHECK(read(event("card_pass_check")).ext[0].second.find("xml") != nullptr);  // passed on
  CHECK(read(event("kf_create_session")).ext[0].second.find("xml") == nullptr);
}

TEST_CASE("A page of a mini program is a message whose title is its text") {
  const auto message = read(push("miniprogrampage",
                                 "<MsgId>1</MsgId><Title>我想找人聊聊</Title><AppId>wx2</AppId>"
                                 "<PagePath>pages/a</PagePath>"));
  CHECK(message.kind == schema::Kind::message);
  CHECK(message.text == "我想找人聊聊");
  CHECK(event_of(message).text == "[小程序] 我想找人聊聊");
  CHECK(*event_of(message).data[2].second.text() == "pages/a");
  CHECK(message.reply.grants == 5);
  CHECK(message.ext[0].second.find("xml") == nullptr);
  CHECK(event_of(read(push("miniprogrampage", "<MsgId>1</MsgId>"))).text == "[小程序]");
}

TEST_CASE("An account that may not answer promises no answer") {
  WechatAccount account("safe", "token");
  account.settings.can_reply = false;
  CHECK_FALSE(
      account.receive_sealed(push("text", "<Content>x</Content>"))->messages.at(0).reply.possible);
}

TEST_CASE("In a location X is the latitude") {
  const auto message =
      read(push("location",
                "<Location_X>34.7</Location_X><Location_Y>113.6</Location_Y><Scale>16</"
                "Scale><Label>郑州</Label><MsgId>1</MsgId>"));
  const auto& part = std::get<schema::LocationPart>(message.parts.at(0));
  CHECK(part.latitude == doctest::Approx(34.7));
  CHECK(part.longitude == doctest::Approx(113.6));
  CHECK(part.datum == "gcj02");
  CHECK(message.pii.contains("/parts/0/latitude"));
}

TEST_CASE("A location outside the world is kept as what it said and not as a place") {
  const auto message = read(
      push("location", "<Location_X>999</Location_X><Location_Y>1</Location_Y><MsgId>1</MsgId>"));
  CHECK(event_of(message).name == "location");
  CHECK(message.ext[0].second.find("xml") != nullptr);
}

TEST_CASE("A job's MsgID is no message id, and the job is a receipt") {
  const auto message = read(event(
      "TEMPLATESENDJOBFINISH", "<MsgID>200163836</MsgID><Status>failed: system failed</Status>"));
  CHECK(message.kind == schema::Kind::receipt);
  CHECK(message.source.id.empty());
}

TEST_CASE("A place with numbers that are none is a message, with its label to read and to mask") {
  const auto message = read(push("location",
                                 "<Location_X>91</Location_X><Location_Y>x</Location_Y>"
                                 "<Label>郑州市金水区</Label><MsgId>1</MsgId>"));
  CHECK(message.kind == schema::Kind::message);
  CHECK(message.text == "郑州市金水区");
  CHECK(event_of(message).text == "[消息] 发送了位置");
  CHECK(message.reply.grants == 5);
  CHECK(message.pii.at("/text") == schema::PiiClass::address);
  CHECK(message.pii.at("/parts/0/data") == schema::PiiClass::address);
  CHECK(message.pii.at("/ext/wechat/xml") == schema::PiiClass::other);
  CHECK(event_of(read(push("file", "<MsgId>1</MsgId>"))).text == "[消息] file");
  CHECK(event_of(read(event("LOCATION"))).text == "[事件] 上报了位置");
}

TEST_CASE("Every id of a person and every precise place is listed as personal") {
  using schema::PiiClass;
  const auto text = read(push("text", "<Content>x</Content><UnionId>u</UnionId><MsgId>1</MsgId>"));
  CHECK(text.pii == std::map<std::string, PiiClass>{{"/author/id", PiiClass::user_id},
                                                    {"/source/dedupe_key", PiiClass::user_id},
                                                    {"/ext/wechat/union_id", PiiClass::user_id}});
  const auto class_of_data = [](const std::string& name, const std::string& more) {
    const auto message = read(event(name, more));
    const auto found = message.pii.find("/parts/0/data");
    return found == message.pii.end() ? PiiClass::unknown : found->second;
  };
  CHECK(class_of_data("LOCATION", "<Latitude>x</Latitude>") == PiiClass::address);
  CHECK(class_of_data("location_select", "<SendLocationInfo/>") == PiiClass::address);
  CHECK(class_of_data("user_get_card", "<FriendUserName>o2</FriendUserName>") == PiiClass::user_id);
  CHECK(class_of_data("user_authorization_revoke", "<OpenID>o2</OpenID>") == PiiClass::user_id);
  CHECK(class_of_data("Brand_New", "<A>1</A>") == PiiClass::other);
  CHECK(class_of_data("CLICK", "<EventKey>k</EventKey>") == PiiClass::unknown);
  CHECK(class_of_data("VIEW", "<MenuId>1</MenuId>") == PiiClass::unknown);
}

TEST_CASE("Who leaves or withdraws asks for erasure") {
  CHECK(read(event("unsubscribe")).flags == std::vector<std::string>{"erasure_asked"});
  CHECK(read(event("user_authorization_revoke")).flags ==
        std::vector<std::string>{"erasure_asked"});
}

TEST_CASE("A media id expires three days after the message") {
  const auto message =
      read(push("image", "<PicUrl>http://p</PicUrl><MediaId>M</MediaId><MsgId>1</MsgId>"));
  REQUIRE(message.attachments.size() == 1);
  CHECK(message.attachments[0].ref == "wechat-media:M");
  CHECK(message.attachments[0].expires_at->at == created + std::chrono::days(3));
}
