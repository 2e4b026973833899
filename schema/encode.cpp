#include "schema/codec.hpp"
#include "schema/crypto.hpp"
#include "schema/words.hpp"

#include <concepts>
#include <optional>

// Straight into one string, no tree: this runs once for every message.
namespace qnzs::schema {
namespace {

// Members that are left out when there is nothing to say, and the forms our values take.
class Out {
 public:
  explicit Out(std::string& document) : writer(document) {}
  void text(std::string_view name, std::string_view value) {
    writer.plain_name(name);
    writer.text(value);
  }
  void text_if(std::string_view name, std::string_view value) {
    if (!value.empty()) text(name, value);
  }
  void integer(std::string_view name, std::int64_t value) {
    writer.plain_name(name);
    writer.integer(value);
  }
  template <std::integral Number>
  void integer_if(std::string_view name, const std::optional<Number>& value) {
    if (value) integer(name, *value);
  }
  void real(std::string_view name, double value) {
    writer.plain_name(name);
    writer.real(value);
  }
  void real_if(std::string_view name, const std::optional<double>& value) {
    if (value) real(name, *value);
  }
  void boolean(std::string_view name, bool value) {
    writer.plain_name(name);
    writer.boolean(value);
  }
  void time(std::string_view name, const Timestamp& value) { text(name, to_rfc3339(value)); }
  void time_if(std::string_view name, const std::optional<Timestamp>& value) {
    if (value) time(name, *value);
  }
  void begin(std::string_view name) {
    writer.plain_name(name);
    writer.begin_object();
  }
  // An array with one item for each of `items`, written by `write_item`; nothing when there is
  // none.
  template <class Items, class WriteItem>
  void list_if(std::string_view name, const Items& items, const WriteItem& write_item) {
    if (!items.empty()) list(name, items, write_item);
  }
  template <class Items, class WriteItem>
  void list(std::string_view name, const Items& items, const WriteItem& write_item) {
    writer.plain_name(name);
    writer.begin_array();
    for (const auto& item : items) write_item(item);
    writer.end_array();
  }
  void texts_if(std::string_view name, const std::vector<std::string>& texts) {
    list_if(name, texts, [this](const std::string& item) { writer.text(item); });
  }
  void object_if(std::string_view name, const json::Object& members) {
    if (members.empty()) return;
    begin(name);
    members_of(members);
    writer.end_object();
  }
  void members_of(const json::Object& members) {
    for (const auto& [name, value] : members) {
      writer.name(name);
      writer.value(value);
    }
  }
  json::Writer writer;
};

// Writes what follows `type` and `text` of each part; the braces and these two are the caller's.
struct PartEncoder {
  Out& out;
  void head(std::string_view type, const std::string& text) const {
    out.text("type", type);
    out.text("text", text);
  }
  void operator()(const TextPart& part) const { head("text", part.text); }
  void operator()(const MediaPart& part) const {
    head(word(part.type), part.text);
    out.integer("attachment", part.attachment);
    out.integer_if("thumbnail", part.thumbnail);
    out.integer_if("duration_ms", part.duration_ms);
    out.text_if("transcript", part.transcript);
  }
  void operator()(const LocationPart& part) const {
    head("location", part.text);
    out.real("latitude", part.latitude);
    out.real("longitude", part.longitude);
    out.text_if("datum", part.datum);
    out.real_if("precision_m", part.precision_m);
    out.integer_if("scale", part.scale);
    out.text_if("label", part.label);
    out.text_if("name", part.name);
  }
  void operator()(const LinkPart& part) const {
    head("link", part.text);
    out.text("url", part.url);
    out.text_if("title", part.title);
    out.text_if("description", part.description);
  }
  void operator()(const HtmlPart& part) const {
    head("html", part.text);
    out.text("html", part.html);
  }
  void operator()(const FormPart& part) const {
    head("form", part.text);
    out.list("fields", part.fields, [this](const FormField& field) {
      out.writer.begin_object();
      out.text("name", field.name);
      out.text_if("label", field.label);
      out.text("value", field.value);
      out.writer.end_object();
    });
  }
  void operator()(const EventPart& part) const {
    head("event", part.text);
    out.text("name", part.name);
    out.text_if("key", part.key);
    out.object_if("data", part.data);
  }
  void operator()(const CallPart& part) const { head("call", part.text); }
  void operator()(const UnknownPart& part) const { out.members_of(part.members); }
};

void encode_origin(Out& out, const Message& message) {
  out.begin("site");
  out.text("code", message.site.code.str());
  out.text("name", message.site.name);
  out.text("region", message.site.region);
  out.writer.end_object();
  out.text("channel", message.channel.str());
  out.text("account", message.account.str());
  out.begin("source");
  out.text_if("id", message.source.id.str());
  out.text_if("part", message.source.part);
  out.text_if("url", message.source.url);
  out.text("dedupe_key", message.source.dedupe_key.str());
  out.writer.end_object();
}

void encode_people(Out& out, const Message& message) {
  const auto& author = message.author;
  out.begin("author");
  out.text_if("id", author.id.str());
  if (!author.key.is_zero()) out.text("key", author.key.hex());
  out.text("role", word(author.role));
  out.text_if("name", author.name);
  out.text_if("phone", author.phone);
  out.text_if("email", author.email);
  out.text_if("region", author.region);
  out.text_if("org_path", author.org_path);
  out.boolean("verified", author.verified);
  out.writer.end_object();
  out.list_if("recipients", message.recipients, [&out](const Recipient& recipient) {
    out.writer.begin_object();
    out.text("role", word(recipient.role));
    out.text("address", recipient.address);
    out.writer.end_object();
  });
  out.begin("conversation");
  out.text("key", message.conversation.key.hex());
  out.text_if("reply_to", message.conversation.reply_to);
  out.text_if("thread_root", message.conversation.thread_root);
  out.writer.end_object();
}

void encode_call(Out& out, const Call& call) {
  out.begin("call");
  out.text("direction", word(call.direction));
  out.time_if("started_at", call.started_at);
  out.integer_if("waited_ms", call.waited_ms);
  out.integer_if("talk_ms", call.talk_ms);
  out.text_if("disposition", call.disposition);
  out.text_if("operator", call.operator_);
  out.list_if("segments", call.segments, [&out](const Segment& segment) {
    out.writer.begin_object();
    out.integer("start_ms", segment.start_ms);
    out.integer("end_ms", segment.end_ms);
    out.text("role", word(segment.role));
    out.text("text", segment.text);
    out.real_if("confidence", segment.confidence);
    out.writer.end_object();
  });
  out.integer_if("recording", call.recording);
  out.writer.end_object();
}

void encode_content(Out& out, const Message& message) {
  out.text("text", message.text);
  out.list("parts", message.parts, [&out](const Part& part) {
    out.writer.begin_object();
    std::visit(PartEncoder{out}, part);
    out.writer.end_object();
  });
  if (message.call) encode_call(out, *message.call);
  out.list_if("attachments", message.attachments, [&out](const Attachment& attachment) {
    out.writer.begin_object();
    out.text("ref", attachment.ref);
    out.text_if("sha256", attachment.sha256);
    out.integer_if("bytes", attachment.bytes);
    out.text("media_type", attachment.media_type);
    out.text_if("name", attachment.name);
    out.text_if("source_url", attachment.source_url);
    out.time_if("expires_at", attachment.expires_at);
    out.text("state", word(attachment.state));
    out.writer.end_object();
  });
  out.texts_if("topics", message.topics);
}

void encode_evidence(Out& out, const Message& message) {
  out.begin("reply");
  out.boolean("possible", message.reply.possible);
  out.texts_if("ways", message.reply.ways);
  out.time_if("expires_at", message.reply.expires_at);
  out.integer_if("grants", message.reply.grants);
  out.integer_if("text_max", message.reply.text_max);
  out.writer.end_object();
  out.texts_if("flags", message.flags);
  out.begin("verification");
  out.text("method", message.verification.method);
  out.boolean("ok", message.verification.ok);
  out.text_if("key_id", message.verification.key_id);
  out.writer.end_object();
  if (!message.pii.empty()) {
    out.begin("pii");
    for (const auto& [pointer, pii_class] : message.pii) {
      out.writer.name(pointer);
      out.writer.text(word(pii_class));
    }
    out.writer.end_object();
  }
  out.begin("raw");
  out.text("sha256", message.raw.sha256);
  out.text("media_type", message.raw.media_type);
  out.integer("bytes", message.raw.bytes);
  out.text_if("ref", message.raw.ref);
  out.writer.end_object();
  out.object_if("ext", message.ext);
}

}  // namespace

std::string encode(const Message& message) {
  std::string document;
  document.reserve(1536 + 2 * message.text.size());  // a text message needs no second allocation
  Out out(document);
  out.writer.begin_object();
  out.text("schema", message_schema);
  out.text("id", message.id.hex());
  out.text("action", word(message.action));
  if (message.target) out.text("target", message.target->hex());
  out.integer("revision", message.revision);
  encode_origin(out, message);
  out.text("kind", word(message.kind));
  out.text("visibility", word(message.visibility));
  encode_people(out, message);
  encode_content(out, message);
  out.time_if("sent_at", message.sent_at);
  out.time("received_at", message.received_at);
  encode_evidence(out, message);
  out.writer.end_object();
  return document;
}

std::string encode(const DeadLetter& letter) {
  std::string document;
  Out out(document);
  out.writer.begin_object();
  out.text("schema", dead_letter_schema);
  out.text("id", letter.id.hex());
  out.begin("site");
  out.text("code", letter.site.str());
  out.writer.end_object();
  out.text("channel", letter.channel.str());
  out.text("account", letter.account.str());
  out.text("reason", letter.reason);
  out.text_if("detail", letter.detail);
  out.time("received_at", letter.received_at);
  out.text("media_type", letter.media_type);
  out.text("payload", crypto::base64(letter.payload));
  out.integer("payload_bytes", letter.payload_bytes);
  out.text("payload_sha256", letter.payload_sha256);
  out.boolean("truncated", static_cast<std::int64_t>(letter.payload.size()) < letter.payload_bytes);
  out.writer.end_object();
  return document;
}

}  // namespace qnzs::schema
