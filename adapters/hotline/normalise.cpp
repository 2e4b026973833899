#include "adapters/hotline/record.hpp"
#include "schema/crypto.hpp"

#include <array>
#include <utility>

namespace qnzs::adapters::hotline {
namespace {

using schema::Message;
using schema::PiiClass;
using schema::json::Array;
using schema::json::Object;
using schema::json::Value;

constexpr std::string_view channel = "hotline";
constexpr std::int64_t adult_years = 18;

// A checked object, read by name; what is absent or null reads as empty.
class View {
 public:
  explicit View(const Value* value) : value_(value) {}
  std::string text(std::string_view name) const {
    const auto* found = find(name);
    return found != nullptr && found->text() != nullptr ? *found->text() : "";
  }
  std::optional<std::int64_t> integer(std::string_view name) const {
    const auto* found = find(name);
    return found == nullptr ? std::nullopt : integer_in(*found);
  }
  std::optional<double> real(std::string_view name) const {
    const auto* found = find(name);
    if (found == nullptr) return std::nullopt;
    if (const auto* real = found->real()) return *real;
    if (const auto* whole = found->integer()) return static_cast<double>(*whole);
    return std::nullopt;
  }
  bool flag(std::string_view name) const {
    const auto* found = find(name);
    return found != nullptr && found->boolean() != nullptr && *found->boolean();
  }
  std::optional<schema::Timestamp> time(std::string_view name) const {
    return schema::parse_rfc3339(text(name));
  }
  View child(std::string_view name) const { return View(find(name)); }
  const Array& items(std::string_view name) const {
    static const Array none;
    const auto* found = find(name);
    return found != nullptr && found->array() != nullptr ? *found->array() : none;
  }
  bool is_there() const { return value_ != nullptr && value_->object() != nullptr; }

 private:
  const Value* find(std::string_view name) const {
    return value_ == nullptr ? nullptr : value_->find(name);
  }
  const Value* value_;
};

// Protocols: hotline §7.3: the desk and its number, whatever stands in the record. A correction
// belongs to the message of revision 0.
void set_identity(Message& message, const View& record, const Origin& origin) {
  const auto& account = origin.settings.account;
  const auto& identity = *origin.installation.identity;
  const auto number = record.text("record_no");
  message.revision = static_cast<std::uint32_t>(record.integer("revision").value_or(0));
  message.id = identity.message_id(channel, account, number, message.revision);
  if (message.revision > 0) {
    message.action = schema::Action::update;
    message.target = identity.message_id(channel, account, number, 0);
  }
  message.site = origin.installation.site;
  message.channel = schema::ChannelName(std::string(channel));
  message.account = schema::AccountName(account);
  message.source.id = schema::SourceId(number);
  message.source.dedupe_key = schema::DedupeKey(number);
  // A sheet is a conversation: it keeps its key when a correction brings another phone number.
  message.conversation.key = identity.conversation_key(channel, account, number);
  message.conversation.thread_root = record.child("judgement").text("repeats");
  message.recipients.push_back({schema::RecipientRole::to, account});
}

void set_author(Message& message, const View& person, const Origin& origin) {
  auto& author = message.author;
  author.name = person.text("name");
  author.region = person.text("district");
  author.phone = person.text("phone");
  if (author.phone.empty()) return;
  author.id = schema::AuthorId(author.phone);
  author.key =
      origin.installation.identity->author_key(channel, origin.settings.account, author.phone);
  message.reply = {
      .possible = true, .ways = {"phone"}, .expires_at = {}, .grants = {}, .text_max = {}};
}

schema::Attachment attachment_of(const View& file) {
  return {.ref = "hotline:" + file.text("ref"),
          .sha256 = file.text("sha256"),
          .bytes = file.integer("bytes"),
          .media_type = file.text("media_type"),
          .name = file.text("name"),
          .source_url = file.text("url"),
          .expires_at = {},
          .state = schema::AttachmentState::pending};
}

std::string in_words(std::int64_t ms) {
  const auto seconds = ms / 1000;
  return std::to_string(seconds / 60) + " 分 " + std::to_string(seconds % 60) + " 秒";
}

void set_call(Message& message, const View& record) {
  const auto given = record.child("call");
  schema::Call call;
  const bool is_outbound = given.text("direction") == "outbound";
  call.direction = is_outbound ? schema::CallDirection::outbound : schema::CallDirection::inbound;
  call.started_at = given.time("started_at");
  call.waited_ms = given.integer("waited_ms");
  call.talk_ms = given.integer("talk_ms");
  call.disposition = given.text("disposition");
  call.operator_ = given.text("operator");
  for (const auto& item : record.items("transcript")) {
    const View segment(&item);
    const auto role = segment.text("role");
    call.segments.push_back({.start_ms = segment.integer("start_ms").value_or(0),
                             .end_ms = segment.integer("end_ms").value_or(0),
                             .role = role == "caller"     ? schema::SegmentRole::caller
                                     : role == "operator" ? schema::SegmentRole::operator_
                                                          : schema::SegmentRole::system,
                             .text = segment.text("text"),
                             .confidence = segment.real("confidence")});
  }
  std::string summary = is_outbound ? "去电" : "来电";
  if (call.talk_ms) summary += " " + in_words(*call.talk_ms);
  message.parts.emplace_back(schema::CallPart{summary});
  message.call = std::move(call);
}

void set_media(Message& message, const View& media) {
  const auto add = [&](const View& file, schema::MediaPart::Type type) {
    schema::MediaPart part;
    part.type = type;
    part.attachment = static_cast<std::uint32_t>(message.attachments.size());
    part.text = type == schema::MediaPart::Type::voice ? "[录音]" : "[附件]";
    if (type == schema::MediaPart::Type::voice) {
      message.call->recording = part.attachment;
      part.duration_ms = message.call->talk_ms;
    }
    message.attachments.push_back(attachment_of(file));
    message.parts.emplace_back(std::move(part));
  };
  if (const auto recording = media.child("recording"); recording.is_there())
    add(recording, schema::MediaPart::Type::voice);
  for (const auto& item : media.items("attachments"))
    add(View(&item), schema::MediaPart::Type::file);
}

// What a classifier reads: also the transcript, since what matters may have been said only there.
void set_text(Message& message, const View& matter) {
  const auto add = [&](const std::string& line) {
    if (line.empty()) return;
    if (!message.text.empty()) message.text += '\n';
    message.text += line;
  };
  add(matter.text("title"));
  add(matter.text("text"));
  if (auto text = matter.text("text"); !text.empty())
    message.parts.emplace_back(schema::TextPart{std::move(text)});
  for (const auto& segment : message.call->segments) {
    if (segment.text.empty()) continue;
    add((segment.role == schema::SegmentRole::caller      ? "来电人:"
         : segment.role == schema::SegmentRole::operator_ ? "接线员:"
                                                          : "语音:") +
        segment.text);
  }
}

// The operator's judgement as words; as it was given it stands under `ext`.
void set_flags(Message& message, const View& record) {
  const auto judgement = record.child("judgement");
  for (const char* name : {"crisis", "mandatory_report", "sensitive"}) {
    if (judgement.flag(name)) message.flags.emplace_back(name);
  }
  const auto urgency = judgement.text("urgency");
  if (urgency == "紧急") message.flags.emplace_back("urgent");
  if (urgency == "特急") message.flags.emplace_back("very_urgent");
  if (!judgement.text("repeats").empty()) message.flags.emplace_back("repeated");
  if (record.child("person").flag("anonymous")) message.flags.emplace_back("anonymous");
}

void set_pii(Message& message, const View& record) {
  const auto person = record.child("person");
  const auto note = [&](const char* pointer, bool is_there, PiiClass kind) {
    if (is_there) message.pii.emplace(pointer, kind);
  };
  const bool has_phone = !message.author.phone.empty();
  note("/author/id", has_phone, PiiClass::phone);
  note("/author/phone", has_phone, PiiClass::phone);
  note("/author/name", !message.author.name.empty(), PiiClass::name);
  const auto age = person.integer("age");
  note("/author", person.flag("under_18") || (age && *age < adult_years), PiiClass::minor);
  note("/ext/hotline/person/second_contact", !person.text("second_contact").empty(),
       PiiClass::phone);
  note("/ext/hotline/person/school_or_work", !person.text("school_or_work").empty(),
       PiiClass::address);
  note("/ext/hotline/matter/place", !record.child("matter").text("place").empty(),
       PiiClass::address);
}

// Everything that has no place in the message itself, as it was given.
Object own_facts(const Value& given, std::span<const Member> members) {
  Object facts;
  for (const auto& member : members) {
    const auto* value = given.find(member.name);
    if (value == nullptr || value->is_null() || member.has_place) continue;
    if (member.shape != Shape::object) {
      facts.emplace_back(member.name, *value);
    } else if (auto inner = own_facts(*value, member.members); !inner.empty()) {
      facts.emplace_back(member.name, std::move(inner));
    }
  }
  return facts;
}

}  // namespace

Message normalise(const Value& record, std::string_view bytes, const Origin& origin) {
  const View view(&record);
  const auto person = view.child("person");
  Message message;
  set_identity(message, view, origin);
  set_author(message, person, origin);
  if (person.flag("confidential")) message.visibility = schema::Visibility::confidential;
  set_call(message, view);
  set_text(message, view.child("matter"));
  set_media(message, view.child("media"));
  set_flags(message, view);
  set_pii(message, view);
  const auto recorded_at = view.time("recorded_at");
  message.sent_at = recorded_at ? recorded_at : message.call->started_at;
  message.received_at = origin.received_at;
  message.verification = origin.verification;
  message.raw.sha256 = schema::crypto::hex(schema::crypto::sha256({bytes}));
  message.raw.media_type = "application/json";
  message.raw.bytes = static_cast<std::int64_t>(bytes.size());
  if (auto facts = own_facts(record, call_record()); !facts.empty())
    message.ext.emplace_back(std::string(channel), std::move(facts));
  return message;
}

}  // namespace qnzs::adapters::hotline
