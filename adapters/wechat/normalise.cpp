#include "adapters/wechat/normalise.hpp"

#include "adapters/wechat/content.hpp"
#include "schema/crypto.hpp"
#include "schema/json.hpp"

#include <algorithm>

namespace qnzs::adapters::wechat {
namespace {

using schema::Fault;
using schema::Message;

constexpr std::string_view channel = "wechat";
constexpr std::int64_t text_bytes_max = 2048;       // of an answer
constexpr std::int64_t time_max = 253'402'214'400;  // seconds; the last day of the year 9999
constexpr std::size_t dedupe_piece_bytes = 512;
constexpr std::size_t raw_bytes_max = 64 * 1024;

// Long and odd values stand in a dedupe key by their digest.
std::string piece(std::string_view text) {
  const bool is_plain = text.size() <= dedupe_piece_bytes && !text.contains('|');
  return is_plain ? std::string(text)
                  : "sha256:" + schema::crypto::hex(schema::crypto::sha256({text}));
}

// Members by name, at every depth, so that the order of elements does not matter.
void sort_members(schema::json::Value& value) {
  if (auto* list = value.array()) std::ranges::for_each(*list, sort_members);
  auto* members = value.object();
  if (members == nullptr) return;
  for (auto& member : *members) sort_members(member.second);
  std::ranges::sort(*members, {}, &schema::json::Member::first);
}

// All that an event says beside who, when and its name. Ids stand in elements that differ from
// event to event (EventKey, Ticket, UserCardCode, MsgID inside a List), so no list of names is
// enough.
std::string facts_digest(const Push& push) {
  schema::json::Value facts(push.rest({}));
  sort_members(facts);
  return schema::crypto::hex(schema::crypto::sha256({schema::json::write(facts)}));
}

// protocols: WeChat §4.4. MsgId alone has collided for different people; events have none. A
// message that has lost its MsgId is known by its whole text.
std::string dedupe_key(const Push& push, const Origin& origin) {
  const auto sender = piece(push.sender());
  const auto time = std::string(push.text("CreateTime"));
  if (lower(push.type()) == "event") {
    return "e|" + sender + "|" + time + "|" + piece(lower(push.text("Event"))) + "|" +
           facts_digest(push);
  }
  const auto id = push.text("MsgId");
  const auto name =
      id.empty() ? schema::crypto::hex(schema::crypto::sha256({origin.xml})) : piece(id);
  return "m|" + name + "|" + sender + "|" + time;
}

void set_identity(Message& message, const Push& push, const Origin& origin) {
  const auto& account = origin.settings.account;
  const auto& identity = *origin.installation.identity;
  const bool is_event = lower(push.type()) == "event";
  const auto dedupe = dedupe_key(push, origin);
  message.id = identity.message_id(channel, account, dedupe, 0);
  message.site = origin.installation.site;
  message.channel = schema::ChannelName(std::string(channel));
  message.account = schema::AccountName(account);
  if (!is_event) message.source.id = schema::SourceId(std::string(push.text("MsgId")));
  message.source.dedupe_key = schema::DedupeKey(dedupe);
  message.author.id = schema::AuthorId(std::string(push.sender()));
  message.author.key = identity.author_key(channel, account, push.sender());
  message.author.verified = origin.is_encrypted;  // a plain body is not signed
  message.conversation.key = identity.conversation_key(channel, account, push.sender());
  if (const auto receiver = push.text("ToUserName"); !receiver.empty())
    message.recipients.push_back({schema::RecipientRole::to, std::string(receiver)});
}

void set_origin(Message& message, const Origin& origin) {
  message.received_at = origin.request.received_at;
  message.verification = {
      .method = origin.is_encrypted ? "wechat.msg_signature" : "wechat.signature",
      .ok = true,
      .key_id = std::string(origin.key_id)};
  message.raw.sha256 = schema::crypto::hex(schema::crypto::sha256({origin.request.body}));
  message.raw.media_type = "text/xml";
  message.raw.bytes = static_cast<std::int64_t>(origin.request.body.size());
}

void set_reply(Message& message, const Push& push, const Origin& origin) {
  const auto grant = grant_for(push);
  if (grant.messages == 0 || !origin.settings.can_reply) return;
  message.reply.possible = true;
  message.reply.ways = {"customer_service"};
  message.reply.expires_at = {message.sent_at->at + grant.time, message.sent_at->offset_minutes};
  message.reply.grants = grant.messages;
  message.reply.text_max = text_bytes_max;
}

void set_flags(Message& message, const support::Repairs& repairs) {
  if (repairs.control_characters_removed) message.flags.emplace_back("control_characters_removed");
  if (repairs.replacement_characters) message.flags.emplace_back("replacement_characters");
}

// What is personal in every push; texts and places are told by those who add them.
void set_pii(Message& message) {
  using enum schema::PiiClass;
  message.pii.emplace("/author/id", user_id);
  message.pii.emplace("/source/dedupe_key", user_id);  // holds the sender
}

void set_own_facts(Message& message, const Push& push, const Origin& origin, bool keeps_raw) {
  schema::json::Object facts{{"msg_type", push.type()}};
  const auto add = [&](const char* name, std::string_view value) {
    if (!value.empty()) facts.emplace_back(name, value);
  };
  add("bizmsgmenuid", push.text("bizmsgmenuid"));
  add("msg_data_id", push.text("MsgDataId"));
  add("idx", push.text("Idx"));
  add("union_id", push.text("UnionId"));
  if (!push.text("UnionId").empty())
    message.pii.emplace("/ext/wechat/union_id", schema::PiiClass::user_id);
  if (keeps_raw) {
    message.pii.emplace("/ext/wechat/xml", schema::PiiClass::other);
    support::Repairs ignored;  // told for the whole document already
    facts.emplace_back("xml", support::clean_text(origin.xml.substr(0, raw_bytes_max), ignored));
    if (origin.xml.size() > raw_bytes_max) facts.emplace_back("xml_cut", true);
  }
  message.ext.emplace_back(std::string(channel), std::move(facts));
}

}  // namespace

schema::Result<Message> normalise(const support::XmlDocument& document, const Origin& origin) {
  const Push push(document.root);
  const auto created = push.integer("CreateTime");
  if (!created || *created < 0 || *created > time_max)
    return schema::fail(Fault::malformed, "create_time_wrong");
  if (push.sender().empty()) return schema::fail(Fault::malformed, "sender_missing");
  if (push.type().empty()) return schema::fail(Fault::malformed, "type_missing");
  const auto& own = origin.settings.original_id;
  if (!own.empty() && push.text("ToUserName") != own)
    return schema::fail(Fault::malformed, "another_account");
  Message message;
  set_identity(message, push, origin);
  set_origin(message, origin);
  message.sent_at = schema::Timestamp{schema::Instant(std::chrono::seconds(*created))};
  set_flags(message, document.repairs);
  set_pii(message);
  const bool is_message = add_message(push, message);
  if (!is_message) add_event(push, message);
  set_reply(message, push, origin);
  set_own_facts(message, push, origin, !is_message && !is_known_event(push));
  return message;
}

}  // namespace qnzs::adapters::wechat
