#include "schema/validate.hpp"

#include "schema/checker.hpp"
#include "schema/limits.hpp"

#include <algorithm>
#include <string>

namespace qnzs::schema {
namespace {

void check_site(Checker& check, const Site& site) {
  check.word("/site/code", site.code.str());
  check.text("/site/name", site.name, limits::name_bytes);
  const bool is_region = site.region.empty() ||
                         (site.region.size() == 6 && std::ranges::all_of(site.region, is_digit));
  check.expect(is_region, "/site/region", "not six digits (GB/T 2260)");
}

void check_source(Checker& check, const Source& source) {
  check.text("/source/id", source.id.str(), limits::id_bytes);
  check.text("/source/part", source.part, limits::id_bytes);
  check.text("/source/url", source.url, limits::url_bytes);
  check.filled("/source/dedupe_key", source.dedupe_key.str(), limits::id_bytes);
}

void check_action(Checker& check, const Message& message) {
  check.expect(message.action != Action::unknown, "/action", "unknown word");
  if (message.action == Action::create) {
    check.expect(!message.target, "/target", "a new message has no target");
    check.expect(message.revision == 0, "/revision", "a new message has revision 0");
  } else {
    check.expect(message.target.has_value(), "/target",
                 "an update, delete or erase needs its target");
    check.expect(!message.target || !message.target->is_zero(), "/target", "not set");
  }
  check.expect(message.revision <= 0x7fffffff, "/revision", "out of range");
}

void check_author(Checker& check, const Author& author) {
  check.expect(author.role != AuthorRole::unknown, "/author/role", "unknown word");
  check.expect(author.id.empty() == author.key.is_zero(), "/author/key", "goes with the id");
  check.text("/author/id", author.id.str(), limits::id_bytes);
  check.text("/author/name", author.name, limits::name_bytes);
  check.text("/author/phone", author.phone, limits::name_bytes);
  check.text("/author/email", author.email, limits::name_bytes);
  check.text("/author/region", author.region, limits::name_bytes);
  check.text("/author/org_path", author.org_path, limits::name_bytes);
}

void check_recipients(Checker& check, const std::vector<Recipient>& recipients) {
  check.count("/recipients", recipients.size(), limits::recipients);
  for (std::size_t i = 0; i < recipients.size(); ++i) {
    const Place at{"/recipients", i};
    check.expect(recipients[i].role != RecipientRole::unknown, at / "role", "unknown word");
    check.filled(at / "address", recipients[i].address, limits::id_bytes);
  }
}

void check_attachments(Checker& check, const std::vector<Attachment>& attachments) {
  check.count("/attachments", attachments.size(), limits::attachments);
  for (std::size_t i = 0; i < attachments.size(); ++i) {
    const auto& item = attachments[i];
    const Place at{"/attachments", i};
    check.filled(at / "ref", item.ref, limits::url_bytes);
    check.sha256(at / "sha256", item.sha256, true);
    check.natural(at / "bytes", item.bytes);
    check.text(at / "media_type", item.media_type, limits::name_bytes);
    check.text(at / "name", item.name, limits::name_bytes);
    check.text(at / "source_url", item.source_url, limits::url_bytes);
    if (item.expires_at) check.time(at / "expires_at", *item.expires_at);
    check.expect(item.state != AttachmentState::unknown, at / "state", "unknown word");
  }
}

void check_call(Checker& check, const Call& call, std::size_t attachments) {
  check.expect(call.direction != CallDirection::unknown, "/call/direction", "unknown word");
  if (call.started_at) check.time("/call/started_at", *call.started_at);
  check.natural("/call/waited_ms", call.waited_ms);
  check.natural("/call/talk_ms", call.talk_ms);
  check.text("/call/disposition", call.disposition, limits::word_bytes);
  check.text("/call/operator", call.operator_, limits::name_bytes);
  check.expect(!call.recording || *call.recording < attachments, "/call/recording",
               "no such attachment");
  check.count("/call/segments", call.segments.size(), limits::segments);
  for (std::size_t i = 0; i < call.segments.size(); ++i) {
    const auto& segment = call.segments[i];
    const Place at{"/call/segments", i};
    check.expect(segment.start_ms >= 0, at / "start_ms", "negative");
    check.expect(segment.end_ms >= segment.start_ms, at / "end_ms", "before the start");
    check.expect(segment.role != SegmentRole::unknown, at / "role", "unknown word");
    check.text(at / "text", segment.text, limits::text_bytes);
    check.expect(!segment.confidence || (*segment.confidence >= 0 && *segment.confidence <= 1),
                 at / "confidence", "not between 0 and 1");
  }
}

void check_reply(Checker& check, const ReplyWindow& reply) {
  check.expect(!reply.possible || !reply.ways.empty(), "/reply/ways", "possible, but no way");
  check.words("/reply/ways", reply.ways, limits::words);
  if (reply.expires_at) check.time("/reply/expires_at", *reply.expires_at);
  check.natural("/reply/grants", reply.grants);
  check.natural("/reply/text_max", reply.text_max);
}

void check_pii(Checker& check, const Message& message) {
  check.count("/pii", message.pii.size(), limits::pii);
  for (const auto& [pointer, kind] : message.pii) {
    const Member at{"/pii", pointer};
    check.expect(pointer.starts_with('/'), at, "a key that is no JSON pointer");
    check.text(at, pointer, limits::name_bytes);
    check.expect(kind != PiiClass::unknown, at, "unknown class");
  }
}

void check_rest(Checker& check, const Message& message) {
  check.word("/verification/method", message.verification.method);
  check.text("/verification/key_id", message.verification.key_id, limits::word_bytes);
  check.sha256("/raw/sha256", message.raw.sha256, false);
  check.filled("/raw/media_type", message.raw.media_type, limits::name_bytes);
  check.expect(message.raw.bytes >= 0, "/raw/bytes", "negative");
  check.text("/raw/ref", message.raw.ref, limits::url_bytes);
  const bool is_own = message.ext.empty() || (message.ext.size() == 1 &&
                                              message.ext.front().first == message.channel.str() &&
                                              message.ext.front().second.object() != nullptr);
  check.expect(is_own, "/ext", "holds something else than the channel's own object");
  for (const auto& [name, value] : message.ext) check.tree("/ext", name, value);
}

}  // namespace

std::vector<Problem> validate(const Message& message) {
  Checker check;
  check.expect(!message.id.is_zero(), "/id", "not set");
  check_action(check, message);
  check_site(check, message.site);
  check.word("/channel", message.channel.str());
  check.word("/account", message.account.str());
  check_source(check, message.source);
  check.expect(message.kind != Kind::unknown, "/kind", "unknown word");
  check.expect(message.visibility != Visibility::unknown, "/visibility", "unknown word");
  check_author(check, message.author);
  check_recipients(check, message.recipients);
  check.expect(!message.conversation.key.is_zero(), "/conversation/key", "not set");
  check.text("/conversation/reply_to", message.conversation.reply_to, limits::id_bytes);
  check.text("/conversation/thread_root", message.conversation.thread_root, limits::id_bytes);
  check.text("/text", message.text, limits::text_bytes);
  check_parts(check, message.parts, message.attachments.size());
  if (message.call) check_call(check, *message.call, message.attachments.size());
  check_attachments(check, message.attachments);
  check.count("/topics", message.topics.size(), limits::topics);
  for (std::size_t i = 0; i < message.topics.size(); ++i)
    check.filled(Place{"/topics", i}, message.topics[i], limits::name_bytes);
  if (message.sent_at) check.time("/sent_at", *message.sent_at);
  check.time("/received_at", message.received_at);
  check_reply(check, message.reply);
  check.words("/flags", message.flags, limits::words);
  check_pii(check, message);
  check_rest(check, message);
  return check.take();
}

}  // namespace qnzs::schema
