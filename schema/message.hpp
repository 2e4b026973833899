#pragma once

#include "schema/ids.hpp"
#include "schema/json.hpp"
#include "schema/time.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

// Message v1, ARCHITECTURE.md §4. `schema/README.md` explains every field and who sets it;
// `schema/message.schema.json` is the contract. Plain values.
namespace qnzs::schema {

inline constexpr std::string_view message_schema = "qnzs.message/1";
inline constexpr std::size_t document_bytes_max = 512 * 1024;

// The enums are open for readers: a word we do not know reads as `unknown` and validation names it.
enum class Action : std::uint8_t {
  create,
  update,
  remove,
  erase,
  unknown
};  // new update delete erase
enum class Kind : std::uint8_t { message, event, receipt, unknown };
enum class Visibility : std::uint8_t {
  open,
  closed,
  confidential,
  unknown
};  // public private confidential
enum class AuthorRole : std::uint8_t { person, operator_, system, organisation, unknown };
enum class RecipientRole : std::uint8_t { to, cc, bcc, unknown };
enum class AttachmentState : std::uint8_t { pending, stored, gone, refused, unknown };
enum class CallDirection : std::uint8_t { inbound, outbound, unknown };
enum class SegmentRole : std::uint8_t { caller, operator_, system, unknown };
enum class PiiClass : std::uint8_t {
  name,
  phone,
  email,
  address,
  id_number,
  health,
  minor,
  user_id,  // a platform's id of a person: openid, union id
  other,    // personal, or possibly so, and none of the others
  unknown
};

struct Site {
  SiteCode code;       // "henan"
  std::string name;    // 青年之声·河南
  std::string region;  // GB/T 2260, six digits
  bool operator==(const Site&) const = default;
};

struct Source {
  SourceId id;  // empty when the platform names none
  std::string part;
  std::string url;
  DedupeKey dedupe_key;
  bool operator==(const Source&) const = default;
};

struct Author {
  AuthorId id;
  AuthorKey key;
  AuthorRole role = AuthorRole::person;
  std::string name, phone, email, region, org_path;  // empty = not known
  bool verified = false;                             // the platform vouches for `id`
  bool operator==(const Author&) const = default;
};

struct Recipient {
  RecipientRole role = RecipientRole::to;
  std::string address;
  bool operator==(const Recipient&) const = default;
};

struct Conversation {
  ConversationKey key;
  std::string reply_to;     // the platform's id of what this answers; empty = none
  std::string thread_root;  // likewise
  bool operator==(const Conversation&) const = default;
};

// Parts. Each has `text`: what a reader shows who does not know the type.
struct TextPart {
  std::string text;
  bool operator==(const TextPart&) const = default;
};
// image, voice, video, file: bytes are kept elsewhere; `attachment` indexes Message::attachments.
struct MediaPart {
  enum class Type : std::uint8_t { image, voice, video, file };
  Type type = Type::image;
  std::string text;
  std::uint32_t attachment = 0;
  std::optional<std::uint32_t> thumbnail;  // index too
  std::optional<std::int64_t> duration_ms;
  std::string transcript;
  bool operator==(const MediaPart&) const = default;
};
struct LocationPart {
  std::string text;
  double latitude = 0, longitude = 0;  // decimal degrees
  std::string datum;                   // "gcj02", "wgs84"; empty = not said
  std::optional<double> precision_m;
  std::optional<std::int64_t> scale;
  std::string label, name;
  bool operator==(const LocationPart&) const = default;
};
struct LinkPart {
  std::string text, url, title, description;
  bool operator==(const LinkPart&) const = default;
};
struct HtmlPart {
  std::string text, html;
  bool operator==(const HtmlPart&) const = default;
};
struct FormField {
  std::string name, label, value;
  bool operator==(const FormField&) const = default;
};
struct FormPart {
  std::string text;
  std::vector<FormField> fields;
  bool operator==(const FormPart&) const = default;
};
struct EventPart {
  std::string text;
  std::string name;   // the platform's word, lower case
  std::string key;    // what was tapped or scanned; empty = none
  json::Object data;  // the platform's further facts, nested lists kept
  bool operator==(const EventPart&) const = default;
};
struct CallPart {
  std::string text;  // the facts stand in Message::call
  bool operator==(const CallPart&) const = default;
};
// Only readers meet it: a part of a type newer than this program.
struct UnknownPart {
  std::string type, text;
  json::Object members;  // all of it, as read
  bool operator==(const UnknownPart&) const = default;
};
using Part = std::variant<TextPart, MediaPart, LocationPart, LinkPart, HtmlPart, FormPart,
                          EventPart, CallPart, UnknownPart>;

struct Segment {
  std::int64_t start_ms = 0, end_ms = 0;
  SegmentRole role = SegmentRole::caller;
  std::string text;
  std::optional<double> confidence;  // 0 to 1
  bool operator==(const Segment&) const = default;
};

struct Call {
  CallDirection direction = CallDirection::inbound;
  std::optional<Timestamp> started_at;
  std::optional<std::int64_t> waited_ms, talk_ms;
  std::string disposition;  // answered, no_answer, busy, abandoned, voicemail…; open
  std::string operator_;    // JSON name "operator"
  std::vector<Segment> segments;
  std::optional<std::uint32_t> recording;  // index into Message::attachments
  bool operator==(const Call&) const = default;
};

struct Attachment {
  std::string ref;     // where it can be had, e.g. "wechat-media:MEDIAID"; opaque to readers
  std::string sha256;  // 64 hex digits; empty = not fetched yet
  std::optional<std::int64_t> bytes;
  std::string media_type, name, source_url;
  std::optional<Timestamp> expires_at;
  AttachmentState state = AttachmentState::pending;
  bool operator==(const Attachment&) const = default;
};

struct ReplyWindow {
  bool possible = false;
  std::vector<std::string> ways;  // "customer_service", "sms", "mail"…
  std::optional<Timestamp> expires_at;
  std::optional<std::int64_t> grants;    // how many messages this one allows
  std::optional<std::int64_t> text_max;  // bytes of UTF-8
  bool operator==(const ReplyWindow&) const = default;
};

struct Verification {
  std::string method;  // "wechat.msg_signature", "hmac_sha256", "none"…
  bool ok = false;
  std::string key_id;  // "current", "previous", a name; empty = only one
  bool operator==(const Verification&) const = default;
};

struct Raw {
  std::string sha256;  // 64 hex digits, of the original bytes
  std::string media_type;
  std::int64_t bytes = 0;
  std::string ref;
  bool operator==(const Raw&) const = default;
};

struct Message {
  MessageId id;
  Action action = Action::create;
  std::optional<MessageId> target;
  std::uint32_t revision = 0;
  Site site;
  ChannelName channel;
  AccountName account;
  Source source;
  Kind kind = Kind::message;
  Visibility visibility = Visibility::closed;
  Author author;
  std::vector<Recipient> recipients;
  Conversation conversation;
  std::string text;  // always written, possibly empty
  std::vector<Part> parts;
  std::optional<Call> call;
  std::vector<Attachment> attachments;
  std::vector<std::string> topics;
  std::optional<Timestamp> sent_at;
  Timestamp received_at;
  ReplyWindow reply;
  std::vector<std::string> flags;
  Verification verification;
  std::map<std::string, PiiClass> pii;  // JSON pointer → class
  Raw raw;
  json::Object ext;  // one member: the channel's name → its own facts
  bool operator==(const Message&) const = default;
};

// Stored aside with its reason and its bytes (bounded, cut with a flag), never retried by itself.
struct DeadLetter {
  MessageId id;  // from the bytes: the same refused bytes are one dead letter
  ChannelName channel;
  AccountName account;
  SiteCode site;
  std::string reason;              // English word, e.g. "xml_malformed"
  std::string detail;              // English, no message text
  std::string media_type;          // of `payload`
  std::string payload;             // raw bytes, cut to the limit
  std::int64_t payload_bytes = 0;  // before cutting
  std::string payload_sha256;      // of all of it
  Timestamp received_at;
  bool operator==(const DeadLetter&) const = default;
};
inline constexpr std::string_view dead_letter_schema = "qnzs.dead-letter/1";

}  // namespace qnzs::schema
