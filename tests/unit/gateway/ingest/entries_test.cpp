#include "gateway/ingest/entries.hpp"

#include "schema/codec.hpp"
#include "tests/support/test_message.hpp"

#include <doctest/doctest.h>

#include <array>

namespace adapters = qnzs::adapters;
namespace ingest = qnzs::ingest;
namespace schema = qnzs::schema;
using qnzs::test::identity;
using qnzs::test::message;
using qnzs::test::site;

namespace {

std::string_view traceparent(std::string_view value) {
  const std::array<adapters::HeaderView, 1> headers{{{"Traceparent", value}}};
  adapters::HttpRequest request;
  request.headers = headers;
  return ingest::traceparent_of(request);
}

schema::DeadLetter letter(const std::string& digest_digit) {
  schema::DeadLetter made;
  made.channel = schema::ChannelName("test");
  made.account = schema::AccountName("a");
  made.reason = "odd";
  for (int i = 0; i < 64; ++i) made.payload_sha256 += digest_digit;
  return made;
}

std::vector<ingest::Entry> entries(std::vector<schema::Message> messages,
                                   std::vector<schema::DeadLetter> letters = {}) {
  adapters::Received received;
  received.messages = std::move(messages);
  received.dead_letters = std::move(letters);
  adapters::HttpRequest request;
  request.body = "what the platform sent";
  const ingest::Origin origin{.channel = "test",
                              .account = "a",
                              .site = &site(),
                              .identity = &identity(),
                              .payload_bytes_max = 8,
                              .keep_id = std::chrono::hours(72)};
  return ingest::entries_for(received, request, origin, "00-trace");
}

schema::DeadLetter letter_in(const ingest::Entry& entry) {
  REQUIRE(entry.kind == ingest::EntryKind::dead_letter);
  CHECK(entry.record.topic == schema::Topic::dead_letters);
  auto decoded = schema::decode_dead_letter(entry.record.value);
  REQUIRE(decoded);
  return *std::move(decoded);
}

}  // namespace

TEST_CASE(
    "a message is its own id, key, event and document, and is remembered as its account says") {
  const auto made = message("hello");
  const auto all = entries({made});
  REQUIRE(all.size() == 1);
  CHECK(all[0].kind == ingest::EntryKind::message);
  CHECK(all[0].id == made.id.bytes());
  CHECK(all[0].keep_id == std::chrono::hours(72));
  CHECK(all[0].record.topic == schema::Topic::messages);
  CHECK(all[0].record.key == made.conversation.key.hex());
  CHECK(all[0].record.event.id == made.id.hex());
  CHECK(all[0].record.event.traceparent == "00-trace");
  CHECK(schema::decode(all[0].record.value)->text == "hello");
}

TEST_CASE("messages come first, in their order, then dead letters, then what was refused") {
  auto invalid = message("bad");
  invalid.verification.method.clear();
  const auto all = entries({invalid, message("one"), message("two")}, {letter("b")});
  REQUIRE(all.size() == 4);
  CHECK(schema::decode(all[0].record.value)->text == "one");
  CHECK(schema::decode(all[1].record.value)->text == "two");
  CHECK(letter_in(all[2]).reason == "odd");
  CHECK(letter_in(all[3]).reason == "invalid_message");
}

TEST_CASE("what does not validate keeps the request's bytes, cut, and says which field") {
  auto invalid = message("bad");
  invalid.verification.method.clear();
  const auto all = entries({invalid});
  REQUIRE(all.size() == 1);
  const auto found = letter_in(all[0]);
  CHECK(found.detail.contains("/verification/method"));
  CHECK(found.payload == "what the");
  CHECK(found.payload_bytes == 22);
}

TEST_CASE("a document over its limit becomes a dead letter with its size") {
  const auto all = entries({message(std::string(schema::document_bytes_max + 1, 'x'))});
  REQUIRE(all.size() == 1);
  const auto found = letter_in(all[0]);
  CHECK((found.reason == "document_too_large" || found.reason == "invalid_message"));
  CHECK_FALSE(all[0].record.value.contains("xxxx"));
}

TEST_CASE("a dead letter without an id gets one from its bytes: the same again is the same") {
  const auto first = entries({}, {letter("b")});
  const auto again = entries({}, {letter("b")});
  const auto other = entries({}, {letter("c")});
  CHECK(first[0].id == again[0].id);
  CHECK(first[0].id != other[0].id);
  CHECK(first[0].record.key == "test:a");
}

TEST_CASE("a valid traceparent is passed on and any other is left out") {
  const std::string_view good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  CHECK(traceparent(good) == good);
  CHECK(traceparent("").empty());
  CHECK(traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0").empty());
  CHECK(traceparent("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").empty());
  CHECK(traceparent("00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").empty());
  CHECK(traceparent("00-00000000000000000000000000000000-b7ad6b7169203331-01").empty());
  CHECK(traceparent("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01").empty());
  CHECK(traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-\r\n").empty());
}
