#include "schema/identity.hpp"

#include "schema/cloud_event.hpp"
#include "schema/time.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace schema = qnzs::schema;

TEST_CASE("Ids depend on every piece and on the key, and pieces do not run together") {
  const schema::Identity one(std::string(32, 'a')), other(std::string(32, 'b'));
  const auto id = one.message_id("c", "a", "k", 0);
  CHECK(id == one.message_id("c", "a", "k", 0));
  CHECK(id != one.message_id("c", "a", "k", 1));
  CHECK(id != one.message_id("ca", "", "k", 0));
  CHECK(id != other.message_id("c", "a", "k", 0));
  CHECK(one.conversation_key("c", "a", "u").hex() != one.author_key("c", "a", "u").hex());
  CHECK(schema::MessageId::parse(id.hex()) == id);
  CHECK_FALSE(schema::MessageId::parse("XYZ"));
}

TEST_CASE("An installation key shorter than 32 bytes is refused") {
  CHECK_THROWS_AS(schema::Identity("short"), std::invalid_argument);
}

TEST_CASE("Times are RFC 3339 with milliseconds and their own offset") {
  const auto time = schema::parse_rfc3339("2026-11-24T08:00:00.123456+08:00");
  REQUIRE(time);
  CHECK(schema::to_rfc3339(*time) == "2026-11-24T08:00:00.123+08:00");
  CHECK(schema::to_rfc3339(*schema::parse_rfc3339("2026-11-24t00:00:00z")) ==
        "2026-11-24T00:00:00.000+00:00");
  for (const char* wrong : {"2026-02-29T00:00:00Z", "2026-11-24T24:00:00Z", "2026-11-24T00:00:00",
                            "2026-11-24", "2026-11-24T00:00:00+25:00"})
    CHECK_FALSE(schema::parse_rfc3339(wrong));
}

TEST_CASE(
    "The event of a message has the attributes of CloudEvents, and its sequence sorts as a text") {
  schema::Message message;
  message.channel = schema::ChannelName("wechat");
  message.account = schema::AccountName("henan");
  message.action = schema::Action::erase;
  const auto event = schema::cloud_event(message);
  CHECK(event.source == "/qnzs/wechat/henan");
  CHECK(event.type == "qnzs.message.erase.v1");
  CHECK(event.partitionkey == message.conversation.key.hex());
  const auto headers = schema::headers(event, 42);
  CHECK(std::ranges::count(headers, std::pair<std::string, std::string>(
                                        "ce_sequence", "00000000000000000042")) == 1);
  CHECK(headers.back().first == "content-type");
}

TEST_CASE("The headers of an event read back, and a replayed one keeps its first sequence") {
  schema::Message message;
  message.id = schema::MessageId({1});
  message.channel = schema::ChannelName("wechat");
  message.account = schema::AccountName("henan");
  auto event = schema::cloud_event(message, "00-1-2-01");
  auto again = schema::cloud_event_in(schema::headers(event, 42));
  REQUIRE(again);
  CHECK(again->first_sequence == 42);
  again->replayed = "2026-11-25T08:00:00.000+08:00";
  again->replayed_from = schema::replayed_from_messages;
  const auto headers = schema::headers(*again, 7);
  for (const auto& header : schema::headers(event, 42))
    CHECK(std::ranges::count(headers, header) == 1);
  CHECK(std::ranges::count(headers, std::pair<std::string, std::string>(
                                        "ce_replayed", "2026-11-25T08:00:00.000+08:00")) == 1);
  CHECK(schema::cloud_event_in(headers)->replayed_from == "messages");
  auto lacking = headers;
  std::erase_if(lacking, [](const auto& header) { return header.first == "ce_id"; });
  CHECK_FALSE(schema::cloud_event_in(lacking));
  for (const auto* wrong : {"", "-1", "1x", "99999999999999999999999"}) {
    auto bad = headers;
    for (auto& [name, value] : bad)
      if (name == "ce_sequence") value = wrong;
    CHECK_FALSE(schema::cloud_event_in(bad));
  }
}
