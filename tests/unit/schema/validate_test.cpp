#include "schema/validate.hpp"

#include "schema/identity.hpp"
#include "schema/limits.hpp"

#include <doctest/doctest.h>

#include <functional>

namespace schema = qnzs::schema;

namespace {

schema::Message valid() {
  const schema::Identity identity(std::string(32, 'k'));
  schema::Message message;
  message.id = identity.message_id("c", "a", "1", 0);
  message.site = {schema::SiteCode("henan"), "站", "410000"};
  message.channel = schema::ChannelName("c");
  message.account = schema::AccountName("a");
  message.source.dedupe_key = schema::DedupeKey("1");
  message.conversation.key = identity.conversation_key("c", "a", "u");
  message.text = "你好";
  message.parts = {schema::TextPart{"你好"}};
  message.verification.method = "none";
  message.raw = {.sha256 = std::string(64, 'a'), .media_type = "text/plain", .bytes = 1, .ref = ""};
  return message;
}

// The pointers of what is wrong after one change to a valid message.
std::string pointers_after(const std::function<void(schema::Message&)>& change) {
  auto message = valid();
  change(message);
  std::string all;
  for (const auto& problem : schema::validate(message)) all += problem.pointer + " ";
  return all;
}

}  // namespace

TEST_CASE("A complete message has no problem") {
  CHECK(schema::validate(valid()).empty());
}

TEST_CASE("Each wrong member is named by its JSON pointer") {
  using M = schema::Message;
  CHECK(pointers_after([](M& m) { m.id = {}; }) == "/id ");
  CHECK(pointers_after([](M& m) { m.site.region = "41000"; }) == "/site/region ");
  CHECK(pointers_after([](M& m) { m.channel = schema::ChannelName("a b"); }) == "/channel ");
  CHECK(pointers_after([](M& m) { m.source.dedupe_key = {}; }) == "/source/dedupe_key ");
  CHECK(pointers_after([](M& m) { m.conversation.key = {}; }) == "/conversation/key ");
  CHECK(pointers_after([](M& m) { m.text = "\xff"; }) == "/text ");
  CHECK(pointers_after([](M& m) { m.text = std::string("a\0b", 3); }) == "/text ");
  CHECK(pointers_after([](M& m) { m.text = std::string(schema::limits::text_bytes + 1, 'x'); }) ==
        "/text ");
  CHECK(pointers_after([](M& m) { m.kind = schema::Kind::unknown; }) == "/kind ");
  CHECK(pointers_after([](M& m) { m.raw.sha256 = "A"; }) == "/raw/sha256 ");
  CHECK(pointers_after([](M& m) { m.reply.possible = true; }) == "/reply/ways ");
  CHECK(pointers_after([](M& m) { m.flags = {"with blank"}; }) == "/flags/0 ");
  CHECK(pointers_after([](M& m) { m.ext = {{"other", schema::json::Object{}}}; }) == "/ext ");
  CHECK(pointers_after([](M& m) { m.author.id = schema::AuthorId("u"); }) == "/author/key ");
}

TEST_CASE("Parts are checked one by one") {
  using M = schema::Message;
  CHECK(pointers_after([](M& m) { m.parts.emplace_back(schema::MediaPart{}); }) ==
        "/parts/1/attachment ");
  CHECK(pointers_after([](M& m) {
          schema::LocationPart part;
          part.latitude = 91;
          m.parts.emplace_back(part);
        }) == "/parts/1/latitude ");
  CHECK(pointers_after([](M& m) { m.parts.emplace_back(schema::UnknownPart{}); }) ==
        "/parts/1/type ");
  CHECK(pointers_after([](M& m) { m.parts.emplace_back(schema::LinkPart{}); }) == "/parts/1/url ");
}

TEST_CASE("What is wrong deep in a message is named down to the member") {
  using M = schema::Message;
  namespace json = schema::json;
  CHECK(pointers_after([](M& m) {
          m.parts.emplace_back(
              schema::FormPart{"", {{"a", "", ""}, {"", "\xff", std::string("\0", 1)}}});
        }) == "/parts/1/fields/1/name /parts/1/fields/1/label /parts/1/fields/1/value ");
  const auto with_data = [](json::Object data) {
    return pointers_after(
        [&](M& m) { m.parts.emplace_back(schema::EventPart{"", "n", "", std::move(data)}); });
  };
  CHECK(with_data({{"fine", "x"}, {"wrong", "\xff"}}) == "/parts/1/data/wrong ");
  CHECK(with_data({{"a/b~c", json::Array{1, json::Object{{"d", "\xff"}}}}}) ==
        "/parts/1/data/a~1b~0c/1/d ");
  CHECK(with_data({{"a", json::Object{{"\xff", 1}}}}) == "/parts/1/data/a ");
  CHECK(with_data({{"\xff", 1}}) == "/parts/1/data ");
  CHECK(pointers_after([](M& m) {
          m.ext = {{"c", json::Object{{"a", json::Array{1, "\xff"}}}}};
        }) == "/ext/c/a/1 ");
  CHECK(pointers_after([](M& m) { m.pii["/text"] = schema::PiiClass::unknown; }) == "/pii/~1text ");
  CHECK(pointers_after([](M& m) { m.pii["text"] = schema::PiiClass::name; }) == "/pii/text ");
}

TEST_CASE("A new message has no target, every other action needs one") {
  using M = schema::Message;
  CHECK(pointers_after([](M& m) { m.target = m.id; }) == "/target ");
  CHECK(pointers_after([](M& m) { m.action = schema::Action::erase; }) == "/target ");
  CHECK(pointers_after([](M& m) {
          m.action = schema::Action::update;
          m.target = m.id;
        }).empty());
}

TEST_CASE("All problems are told, and no text of the message among them") {
  auto message = valid();
  message.text = "PLANTED\xff";
  message.id = {};
  message.raw.bytes = -1;
  const auto problems = schema::validate(message);
  CHECK(problems.size() == 3);
  for (const auto& problem : problems) CHECK_FALSE(problem.what.contains("PLANTED"));
}
