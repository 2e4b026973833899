#include "schema/codec.hpp"
#include "schema/crypto.hpp"
#include "schema/fields.hpp"

#include <algorithm>

namespace qnzs::schema {
namespace {

MediaPart decode_media(Fields& in, MediaPart::Type type) {
  return {.type = type,
          .text = in.text("text"),
          .attachment = in.index("attachment"),
          .thumbnail = in.index_if("thumbnail"),
          .duration_ms = in.integer_if("duration_ms"),
          .transcript = in.text_if("transcript")};
}

LocationPart decode_location(Fields& in) {
  return {.text = in.text("text"),
          .latitude = in.real("latitude"),
          .longitude = in.real("longitude"),
          .datum = in.text_if("datum"),
          .precision_m = in.real_if("precision_m"),
          .scale = in.integer_if("scale"),
          .label = in.text_if("label"),
          .name = in.text_if("name")};
}

FormPart decode_form(Fields& in) {
  FormPart part{.text = in.text("text"), .fields = {}};
  in.each_if("fields", [&part](Fields& field) {
    part.fields.push_back({.name = field.text("name"),
                           .label = field.text_if("label"),
                           .value = field.text("value")});
  });
  return part;
}

Part decode_part(Fields& in) {
  const auto type = in.text("type");
  const auto& media = Words<MediaPart::Type>::list;
  if (std::ranges::find(media, type) != media.end())
    return decode_media(in, from_word<MediaPart::Type>(type));
  if (type == "text") return TextPart{.text = in.text("text")};
  if (type == "location") return decode_location(in);
  if (type == "link") {
    return LinkPart{.text = in.text("text"),
                    .url = in.text("url"),
                    .title = in.text_if("title"),
                    .description = in.text_if("description")};
  }
  if (type == "html") return HtmlPart{.text = in.text("text"), .html = in.text("html")};
  if (type == "form") return decode_form(in);
  if (type == "event") {
    return EventPart{.text = in.text("text"),
                     .name = in.text("name"),
                     .key = in.text_if("key"),
                     .data = in.object_if("data")};
  }
  if (type == "call") return CallPart{.text = in.text("text")};
  return UnknownPart{.type = type, .text = in.text("text"), .members = *in.value().object()};
}

Site decode_site(Fields in) {
  return {.code = SiteCode(in.text("code")), .name = in.text("name"), .region = in.text("region")};
}

Source decode_source(Fields in) {
  return {.id = SourceId(in.text_if("id")),
          .part = in.text_if("part"),
          .url = in.text_if("url"),
          .dedupe_key = DedupeKey(in.text("dedupe_key"))};
}

Author decode_author(Fields in) {
  return {.id = AuthorId(in.text_if("id")),
          .key = in.has("key") ? in.digest<AuthorKey>("key") : AuthorKey{},
          .role = in.word<AuthorRole>("role"),
          .name = in.text_if("name"),
          .phone = in.text_if("phone"),
          .email = in.text_if("email"),
          .region = in.text_if("region"),
          .org_path = in.text_if("org_path"),
          .verified = in.boolean("verified")};
}

Conversation decode_conversation(Fields in) {
  return {.key = in.digest<ConversationKey>("key"),
          .reply_to = in.text_if("reply_to"),
          .thread_root = in.text_if("thread_root")};
}

Call decode_call(Fields in) {
  Call call{.direction = in.word<CallDirection>("direction"),
            .started_at = in.time_if("started_at"),
            .waited_ms = in.integer_if("waited_ms"),
            .talk_ms = in.integer_if("talk_ms"),
            .disposition = in.text_if("disposition"),
            .operator_ = in.text_if("operator"),
            .segments = {},
            .recording = in.index_if("recording")};
  in.each_if("segments", [&call](Fields& segment) {
    call.segments.push_back({.start_ms = segment.integer("start_ms"),
                             .end_ms = segment.integer("end_ms"),
                             .role = segment.word<SegmentRole>("role"),
                             .text = segment.text("text"),
                             .confidence = segment.real_if("confidence")});
  });
  return call;
}

Attachment decode_attachment(Fields& in) {
  return {.ref = in.text("ref"),
          .sha256 = in.text_if("sha256"),
          .bytes = in.integer_if("bytes"),
          .media_type = in.text("media_type"),
          .name = in.text_if("name"),
          .source_url = in.text_if("source_url"),
          .expires_at = in.time_if("expires_at"),
          .state = in.word<AttachmentState>("state")};
}

ReplyWindow decode_reply(Fields in) {
  return {.possible = in.boolean("possible"),
          .ways = in.texts_if("ways"),
          .expires_at = in.time_if("expires_at"),
          .grants = in.integer_if("grants"),
          .text_max = in.integer_if("text_max")};
}

Verification decode_verification(Fields in) {
  return {.method = in.text("method"), .ok = in.boolean("ok"), .key_id = in.text_if("key_id")};
}

Raw decode_raw(Fields in) {
  return {.sha256 = in.text("sha256"),
          .media_type = in.text("media_type"),
          .bytes = in.integer("bytes"),
          .ref = in.text_if("ref")};
}

std::map<std::string, PiiClass> decode_pii(Fields& in) {
  std::map<std::string, PiiClass> pii;
  for (const auto& [pointer, value] : in.object_if("pii")) {
    const auto* const text = value.text();
    if (text == nullptr) {
      in.wrong("pii", "holds something that is not a string");
      break;
    }
    pii.emplace(pointer, from_word<PiiClass>(*text));
  }
  return pii;
}

void decode_content(Fields& in, Message& message) {
  message.text = in.text("text");
  if (!in.has("parts")) in.wrong("parts", "is missing");
  in.each_if("parts", [&message](Fields& part) { message.parts.push_back(decode_part(part)); });
  if (in.has("call")) message.call = decode_call(in.child("call"));
  in.each_if("attachments", [&message](Fields& attachment) {
    message.attachments.push_back(decode_attachment(attachment));
  });
  message.topics = in.texts_if("topics");
}

Message decode_message(Fields& in) {
  Message message;
  message.id = in.digest<MessageId>("id");
  message.action = in.word<Action>("action");
  if (in.has("target")) message.target = in.digest<MessageId>("target");
  message.revision = in.index("revision");
  message.site = decode_site(in.child("site"));
  message.channel = ChannelName(in.text("channel"));
  message.account = AccountName(in.text("account"));
  message.source = decode_source(in.child("source"));
  message.kind = in.word<Kind>("kind");
  message.visibility = in.word<Visibility>("visibility");
  message.author = decode_author(in.child("author"));
  in.each_if("recipients", [&message](Fields& recipient) {
    message.recipients.push_back(
        {.role = recipient.word<RecipientRole>("role"), .address = recipient.text("address")});
  });
  message.conversation = decode_conversation(in.child("conversation"));
  decode_content(in, message);
  message.sent_at = in.time_if("sent_at");
  message.received_at = in.time("received_at");
  message.reply = decode_reply(in.child("reply"));
  message.flags = in.texts_if("flags");
  message.verification = decode_verification(in.child("verification"));
  message.pii = decode_pii(in);
  message.raw = decode_raw(in.child("raw"));
  message.ext = in.object_if("ext");
  return message;
}

DeadLetter decode_letter(Fields& in) {
  DeadLetter letter;
  letter.id = in.digest<MessageId>("id");
  letter.site = SiteCode(in.child("site").text("code"));
  letter.channel = ChannelName(in.text("channel"));
  letter.account = AccountName(in.text("account"));
  letter.reason = in.text("reason");
  letter.detail = in.text_if("detail");
  letter.received_at = in.time("received_at");
  letter.media_type = in.text("media_type");
  const auto payload = crypto::unbase64(in.text("payload"));
  if (!payload) in.wrong("payload", "is not base64");
  letter.payload = payload.value_or("");
  letter.payload_bytes = in.integer("payload_bytes");
  letter.payload_sha256 = in.text("payload_sha256");
  if (in.boolean("truncated") !=
      (static_cast<std::int64_t>(letter.payload.size()) < letter.payload_bytes))
    in.wrong("truncated", "does not fit payload and payload_bytes");
  return letter;
}

template <class Value>
Result<Value> decode_as(std::string_view document, std::string_view schema,
                        Value (*read)(Fields&)) {
  const auto tree = json::parse(document, {.bytes_max = document_bytes_max, .depth_max = 32});
  if (!tree) return std::unexpected(tree.error());
  std::optional<Error> problem;
  Fields fields(*tree, "", problem);
  const auto said = fields.text("schema");
  if (!problem && said != schema)
    return fail(Fault::unsupported, "/schema: is not " + std::string(schema));
  auto value = read(fields);
  if (problem) return std::unexpected(*std::move(problem));
  return value;
}

}  // namespace

Result<Message> decode(std::string_view document) {
  return decode_as(document, message_schema, decode_message);
}

Result<DeadLetter> decode_dead_letter(std::string_view document) {
  return decode_as(document, dead_letter_schema, decode_letter);
}

}  // namespace qnzs::schema
