#pragma once

#include "schema/ids.hpp"
#include "schema/message.hpp"

#include <string>

// What a channel would have made of one person's words, for tests of what stands behind channels.
namespace qnzs::test {

inline const schema::Identity& identity() {
  static const schema::Identity one(std::string(32, 'k'));
  return one;
}

inline const schema::Site& site() {
  static const schema::Site one{.code = schema::SiteCode("s"), .name = "站", .region = "410000"};
  return one;
}

// A valid message of channel "test", account "a". The same text is a repeat.
inline schema::Message message(const std::string& text) {
  schema::Message made;
  made.channel = schema::ChannelName("test");
  made.account = schema::AccountName("a");
  made.site = site();
  made.source.dedupe_key = schema::DedupeKey(text.substr(0, 64));
  made.id = identity().message_id("test", "a", text, 0);
  made.author.id = schema::AuthorId("u");
  made.author.key = identity().author_key("test", "a", "u");
  made.conversation.key = identity().conversation_key("test", "a", "u");
  made.text = text;
  made.parts = {schema::TextPart{text}};
  made.verification = {.method = "none", .ok = true, .key_id = ""};
  made.raw = {.sha256 = std::string(64, 'a'), .media_type = "text/plain", .bytes = 1, .ref = ""};
  return made;
}

}  // namespace qnzs::test
