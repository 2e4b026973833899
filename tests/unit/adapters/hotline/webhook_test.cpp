#include "adapters/hotline/channel.hpp"
#include "schema/json.hpp"
#include "tests/unit/adapters/hotline/hotline_desk.hpp"

#include <doctest/doctest.h>

namespace json = qnzs::schema::json;
using qnzs::schema::Fault;
using qnzs::tests::HotlineDesk;
using qnzs::tests::record_one;

namespace {

std::string numbered(int number) {
  return R"({"record_no":")" + std::to_string(number) +
         R"(","call":{"started_at":"2026-11-24T08:00:00+08:00"}})" + "\n";
}

Fault fault_of(const qnzs::schema::Result<qnzs::adapters::Received>& received) {
  REQUIRE_FALSE(received);
  return received.error().fault;
}

json::Value answer_of(const qnzs::schema::Result<qnzs::adapters::Received>& received) {
  REQUIRE(received);
  CHECK(received->once_stored.content_type == "application/json");
  const auto tree = json::parse(received->once_stored.body);
  REQUIRE(tree);
  return *tree;
}

}  // namespace

TEST_CASE("checklist one record: it is accepted and the answer names its message") {
  const auto received = HotlineDesk().receive(record_one);
  const auto answer = answer_of(received);
  REQUIRE(received->messages.size() == 1);
  CHECK(received->once_stored.status == 200);
  const auto& result = answer.find("results")->array()->at(0);
  CHECK(*result.find("accepted")->boolean());
  CHECK(*result.find("record_no")->text() == "1");
  CHECK(*result.find("message_id")->text() == received->messages[0].id.hex());
  CHECK(received->messages[0].verification.method == "hmac_sha256");
  CHECK(received->messages[0].verification.key_id == "new");
}

TEST_CASE("checklist mixed lines: good ones go in and bad ones are named in order") {
  HotlineDesk desk;
  desk.media_type = "application/x-ndjson; charset=utf-8";
  const auto received = desk.receive(numbered(1) + "\r\n" + "nonsense\n" + numbered(2) + "{}");
  const auto answer = answer_of(received);
  CHECK(received->once_stored.status == 207);
  CHECK(received->messages.size() == 2);
  CHECK(*answer.find("accepted")->integer() == 2);
  CHECK(*answer.find("refused")->integer() == 2);
  const auto& results = *answer.find("results")->array();
  REQUIRE(results.size() == 4);
  CHECK(*results[1].find("line")->integer() == 3);
  CHECK(*results[1].find("problems")->array()->at(0).find("pointer")->text() == "");
  CHECK(*results[3].find("line")->integer() == 5);
  CHECK(results[3].find("problems")->array()->size() == 2);
}

TEST_CASE("checklist nothing good: the answer is 400 with every reason and nothing is stored") {
  const auto received = HotlineDesk().receive("{}");
  const auto answer = answer_of(received);
  CHECK(received->once_stored.status == 400);
  CHECK(received->messages.empty());
  CHECK(*answer.find("refused")->integer() == 1);
}

TEST_CASE("checklist empty body: it is malformed") {
  CHECK(fault_of(HotlineDesk().receive("")) == Fault::malformed);
  HotlineDesk desk;
  desk.media_type = "application/x-ndjson";
  CHECK(fault_of(desk.receive("\n \n\r\n")) == Fault::malformed);
}

TEST_CASE("checklist too many records: the limit is said and none is stored") {
  HotlineDesk desk;
  desk.media_type = "application/x-ndjson";
  std::string body;
  for (int i = 0; i < 1000; ++i) body += numbered(i);
  CHECK(desk.receive(body)->messages.size() == 1000);
  CHECK(fault_of(desk.receive(body + numbered(1000))) == Fault::too_large);
}

TEST_CASE("checklist media type: another one is malformed and not guessed at") {
  HotlineDesk desk;
  desk.media_type = "text/csv";
  CHECK(fault_of(desk.receive(record_one)) == Fault::malformed);
}

TEST_CASE("checklist wrong signature: each piece that is signed counts") {
  const std::string known = "baefb39f80697f43641eed8af4106ceac1b83c50d38cbcbbb624ba8b991b0b7c";
  CHECK(qnzs::adapters::hotline::sign({.method = "POST",
                                       .path = "/hotline/desk",
                                       .timestamp = "1700000000",
                                       .nonce = "nonce-0123456789",
                                       .body = R"({"record_no":"1"})"},
                                      "secret-of-the-desk") == known);  // by Python's hmac
  const auto refused = [](auto change) {
    HotlineDesk desk;
    const auto time = std::to_string(desk.now);
    const auto signature = qnzs::adapters::hotline::sign({.method = "POST",
                                                          .path = desk.path,
                                                          .timestamp = time,
                                                          .nonce = desk.nonce,
                                                          .body = record_one},
                                                         desk.settings.secret.reveal());
    auto body = record_one;
    auto told_time = time;
    change(desk, told_time, body);
    return fault_of(desk.receive_with(body, {{"Content-Type", "application/json"},
                                             {"X-Qnzs-Key-Id", desk.key_id},
                                             {"X-Qnzs-Timestamp", told_time},
                                             {"X-Qnzs-Nonce", desk.nonce},
                                             {"X-Qnzs-Signature", signature}}));
  };
  using Desk = HotlineDesk&;
  using Text = std::string&;
  CHECK(refused([](Desk, Text, Text body) { body += ' '; }) == Fault::unauthentic);
  CHECK(refused([](Desk, Text time, Text) { time.back() = '1'; }) == Fault::unauthentic);
  CHECK(refused([](Desk desk, Text, Text) { desk.nonce += '0'; }) == Fault::unauthentic);
  CHECK(refused([](Desk desk, Text, Text) { desk.path = "/hotline/other"; }) == Fault::unauthentic);
  CHECK(refused([](Desk desk, Text, Text) { desk.key_id = "old"; }) == Fault::unauthentic);
  CHECK(refused([](Desk desk, Text, Text) { desk.key_id = "none"; }) == Fault::unauthentic);
}

TEST_CASE("checklist missing headers: what is needed is said") {
  HotlineDesk desk;
  CHECK(fault_of(desk.receive_with(record_one, {})) == Fault::malformed);
  desk.nonce = "short";
  CHECK(fault_of(desk.receive(record_one)) == Fault::malformed);
  desk.nonce = "nonce-with-a-line\nbreak";
  CHECK(fault_of(desk.receive(record_one)) == Fault::malformed);
}

TEST_CASE("checklist query: an address with a query is refused since it is not signed") {
  HotlineDesk desk;
  desk.query = "a=1";
  CHECK(fault_of(desk.receive(record_one)) == Fault::malformed);
}

TEST_CASE("checklist time window: outside of it a right signature does not help") {
  const HotlineDesk desk;
  const auto secret = desk.settings.secret.reveal();
  const auto signed_at = [&](int shift) {
    return desk.receive(record_one, desk.now + shift, record_one, secret);
  };
  CHECK(signed_at(-300));
  CHECK(signed_at(0));
  CHECK(signed_at(300));
  CHECK(fault_of(signed_at(-301)) == Fault::unauthentic);
  CHECK(fault_of(signed_at(301)) == Fault::unauthentic);
  CHECK(signed_at(301).error().reason.contains("our clock: 2023-11-15T06:13:20.000+08:00"));
}

TEST_CASE("checklist previous key: both keys are good while one is being changed") {
  HotlineDesk desk;
  desk.key_id = "old";
  const auto received = desk.receive(record_one, desk.now, record_one, "secret-of-the-desk-before");
  REQUIRE(received);
  CHECK(received->messages[0].verification.key_id == "old");
  CHECK(fault_of(desk.receive(record_one)) == Fault::unauthentic);
}

TEST_CASE("checklist nonce: the host is told to honour it once and until when") {
  const HotlineDesk desk;
  const auto received = desk.receive(record_one);
  REQUIRE(received->once_only);
  CHECK(received->once_only->token.contains(desk.nonce));
  CHECK(received->once_only->until == qnzs::schema::Instant(std::chrono::seconds(desk.now + 300)));
  CHECK(desk.receive("{}")->once_only);
}

TEST_CASE("checklist signed anew: the same records get the same ids and results") {
  HotlineDesk desk;
  const auto first = desk.receive(record_one);
  desk.nonce += "-again";
  desk.now += 60;
  const auto second = desk.receive(record_one);
  CHECK(first->messages[0].id == second->messages[0].id);
  CHECK(first->once_stored.body == second->once_stored.body);
  CHECK(first->once_only->token != second->once_only->token);
}

TEST_CASE(
    "checklist one number twice: equal records are one message, different ones are not lost") {
  HotlineDesk desk;
  desk.media_type = "application/x-ndjson";
  const auto other =
      std::string(R"({"record_no":"1","call":{"started_at":"2026-11-24T09:00:00+08:00"}})");
  const auto received = desk.receive(numbered(1) + numbered(1) + other);
  CHECK(received->messages.size() == 1);
  const auto answer = answer_of(received);
  const auto& results = *answer.find("results")->array();
  CHECK(*results[1].find("accepted")->boolean());
  CHECK_FALSE(*results[2].find("accepted")->boolean());
  CHECK(*results[2].find("problems")->array()->at(0).find("pointer")->text() == "/revision");
}

TEST_CASE("checklist no secret: a desk that only writes files cannot be called") {
  HotlineDesk desk;
  desk.settings.secret = {};
  CHECK(qnzs::adapters::hotline::open_webhook(desk.settings, desk.installation()) == nullptr);
}

TEST_CASE(
    "A dead letter read again gives the same ids, by a desk that calls or that has a folder") {
  HotlineDesk desk;
  const auto first = desk.receive(record_one);
  REQUIRE(first);
  HotlineDesk folder;
  folder.settings.secret = {};
  folder.settings.folder = "/nowhere";
  for (const auto* one : {&desk, &folder}) {
    const auto again = one->read_again(record_one);
    REQUIRE(again);
    REQUIRE(again->size() == 1);
    CHECK(again->front().id == first->messages.front().id);
    CHECK(again->front().conversation.key == first->messages.front().conversation.key);
    CHECK_FALSE(again->front().verification.ok);  // what proved it is not kept with the bytes
  }
}

TEST_CASE("Of lines read again the good ones are messages, and bytes still refused stay a letter") {
  const HotlineDesk desk;
  const auto again = desk.read_again(numbered(1) + "nonsense\n\n" + numbered(2));
  REQUIRE(again);
  CHECK(again->size() == 2);
  for (const std::string still : {"", "nonsense", "{}", "[1]"}) {
    CAPTURE(still);
    const auto refused = desk.read_again(still);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().fault == Fault::malformed);
  }
}
