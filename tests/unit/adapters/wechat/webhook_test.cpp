#include "tests/unit/adapters/wechat/wechat_account.hpp"

#include <doctest/doctest.h>

using qnzs::schema::Fault;
using qnzs::tests::push;
using qnzs::tests::WechatAccount;

namespace {

const std::string vector_a =
    "signature=f464b24fc39322e44b38aa78f5edd27bd1441696&timestamp=1714036504&nonce=1514711492";
const std::string vector_b =
    "signature=899cf89e464efb63f54ddac96b0a0a235f53aa78&timestamp=1714037059&nonce=486452656";
const std::string text_push =
    push("text", "<Content>你好</Content><MsgId>7300000000000000001</MsgId>");

// The only message of what was received.
const qnzs::schema::Message& only(const qnzs::schema::Result<qnzs::adapters::Received>& received) {
  REQUIRE(received);
  REQUIRE(received->messages.size() == 1);
  CHECK(received->dead_letters.empty());
  CHECK(received->once_stored.status == 200);
  CHECK(received->once_stored.body == "success");
  return received->messages.front();
}

// The only dead letter of what was received: stored, so answered.
qnzs::schema::DeadLetter set_aside(const qnzs::schema::Result<qnzs::adapters::Received>& received) {
  REQUIRE(received);
  CHECK(received->messages.empty());
  REQUIRE(received->dead_letters.size() == 1);
  CHECK(received->once_stored.body == "success");
  return received->dead_letters.front();
}

}  // namespace

TEST_CASE("checklist GET ok: the echostr comes back byte for byte") {
  const auto received =
      WechatAccount("safe", "AAAAA").receive("GET", vector_a + "&echostr=4375120948345356249");
  REQUIRE(received);
  CHECK(received->messages.empty());
  CHECK(received->once_stored.body == "4375120948345356249");
  CHECK(received->once_stored.content_type == "text/plain; charset=utf-8");
}

TEST_CASE("checklist GET bad: a wrong signature is not answered with the echostr") {
  const auto received = WechatAccount("safe", "AAAAB").receive("GET", vector_a + "&echostr=1");
  REQUIRE_FALSE(received);
  CHECK(received.error().fault == Fault::unauthentic);
}

TEST_CASE("checklist GET missing parameter: the request is malformed") {
  const auto received = WechatAccount("safe", "AAAAA").receive("GET", vector_a);
  REQUIRE_FALSE(received);
  CHECK(received.error().fault == Fault::malformed);
  CHECK(WechatAccount("safe", "AAAAA").receive("GET", "signature=1&echostr=1").error().fault ==
        Fault::malformed);
}

TEST_CASE("checklist POST plain ok: vector B opens a plain push") {
  const auto received = WechatAccount("plain", "AAAAA").receive("POST", vector_b, text_push);
  const auto& message = only(received);
  CHECK(message.text == "你好");
  CHECK_FALSE(message.author.verified);
  CHECK(message.verification.method == "wechat.signature");
}

TEST_CASE("checklist POST plain bad: a wrong signature stores nothing") {
  const auto received = WechatAccount("plain", "AAAAB").receive("POST", vector_b, text_push);
  REQUIRE_FALSE(received);
  CHECK(received.error().fault == Fault::unauthentic);
}

TEST_CASE("checklist previous key: a push under the old key is read during rotation") {
  WechatAccount account("safe", "token", "wx0", qnzs::tests::key_zero);
  const std::array<std::uint8_t, 16> random{1};
  const auto old_key = qnzs::adapters::wechat::decode_key(qnzs::tests::key_e);
  const auto sealed = qnzs::adapters::wechat::seal(text_push, *old_key, "wx0", random);
  CHECK(account.receive_envelope(sealed)->messages.empty());
  account.settings.previous_aes_key = qnzs::config::Secret(qnzs::tests::key_e);
  const auto received = account.receive_envelope(sealed);
  CHECK(only(received).verification.key_id == "previous");
  CHECK(only(account.receive_sealed(text_push)).verification.key_id == "current");
}

TEST_CASE("checklist compat body: the encrypted copy is believed and not the plain siblings") {
  WechatAccount account("compat", "token");
  const std::array<std::uint8_t, 16> random{1};
  const auto key = qnzs::adapters::wechat::decode_key(qnzs::tests::key_e);
  const auto sealed = qnzs::adapters::wechat::seal(text_push, *key, "wx0", random);
  const auto signature = qnzs::adapters::wechat::sign({"token", "1", "2", sealed});
  const auto body =
      push("text", "<Content>伪造</Content><MsgId>1</MsgId><Encrypt>" + sealed + "</Encrypt>");
  const auto received = account.receive(
      "POST", "timestamp=1&nonce=2&encrypt_type=aes&msg_signature=" + signature, body);
  CHECK(only(received).text == "你好");
  CHECK(only(account.receive_plain(text_push)).text == "你好");  // compat takes plain ones too
}

TEST_CASE("In mode compat an odd plain sibling does not cost the encrypted copy") {
  WechatAccount account("compat", "token");
  const std::array<std::uint8_t, 16> random{1};
  const auto key = qnzs::adapters::wechat::decode_key(qnzs::tests::key_e);
  const auto sealed = qnzs::adapters::wechat::seal(text_push, *key, "wx0", random);
  const auto query = "timestamp=1&nonce=2&encrypt_type=aes&msg_signature=" +
                     qnzs::adapters::wechat::sign({"token", "1", "2", sealed});
  std::string many;
  for (int i = 0; i < 6000; ++i) many += "<a/>";
  for (const auto& sibling : {std::string("<![CDATA[&#0;]]>"), std::string("&#0;"),
                              std::string("a < b"), std::string("<Encrypt>"), many}) {
    const auto inside = "<Content>" + sibling + "</Content><Encrypt>";
    CHECK(only(account.receive("POST", query, push("text", inside + sealed + "</Encrypt>"))).text ==
          "你好");
    const auto in_cdata = inside + "<![CDATA[" + sealed + "]]></Encrypt>";
    CHECK(only(account.receive("POST", query, push("text", in_cdata))).text == "你好");
  }
  const auto other = account.receive("POST", query, "<xml>a < b<Encrypt>" + sealed + "A</Encrypt>");
  CHECK(other.error().fault == Fault::unauthentic);
  for (const char* none : {"", "<xml>a < b</xml>", "<xml>a < b<Encrypt>x", "<xml/>"})
    CHECK(account.receive("POST", query, none).error().fault == Fault::malformed);
}

TEST_CASE("An account in mode safe refuses a plain push though its signature is right") {
  const auto received = WechatAccount("safe", "token").receive_plain(text_push);
  REQUIRE_FALSE(received);
  CHECK(received.error().fault == Fault::forbidden);
}

TEST_CASE("An encrypted push to an account in mode plain is opened when there is a key") {
  WechatAccount account("plain", "token");
  const auto received = account.receive_sealed(text_push);
  CHECK(only(received).text == "你好");
  CHECK(only(received).author.verified);
}

TEST_CASE("An encrypted push to an account without a key is kept as a dead letter that says so") {
  WechatAccount account("plain", "token");
  const std::array<std::uint8_t, 16> random{1};
  const auto key = qnzs::adapters::wechat::decode_key(qnzs::tests::key_e);
  const auto sealed = qnzs::adapters::wechat::seal(text_push, *key, "wx0", random);
  account.settings.aes_key = qnzs::config::Secret();
  CHECK(set_aside(account.receive_envelope(sealed)).reason == "no_aes_key");
  account.settings.token = qnzs::config::Secret("other");
  const auto signature = qnzs::adapters::wechat::sign({"token", "1", "2", sealed});
  const auto received =
      account.receive("POST", "timestamp=1&nonce=2&encrypt_type=aes&msg_signature=" + signature,
                      "<xml><Encrypt>" + sealed + "</Encrypt></xml>");
  REQUIRE_FALSE(received);
  CHECK(received.error().fault == Fault::unauthentic);
}

TEST_CASE("The signature of three pieces does not stand for msg_signature") {
  WechatAccount account("safe", "token");
  const auto signature = qnzs::adapters::wechat::sign({"token", "1", "2"});
  const auto received =
      account.receive("POST", "timestamp=1&nonce=2&encrypt_type=aes&msg_signature=" + signature,
                      "<xml><Encrypt>AAAA</Encrypt></xml>");
  REQUIRE_FALSE(received);
  CHECK(received.error().fault == Fault::unauthentic);
}

TEST_CASE("A push for another original id is no message of ours, and is not lost either") {
  WechatAccount account("safe", "token");
  account.settings.original_id = "gh_2";
  const auto letter = set_aside(account.receive_sealed(text_push));
  CHECK(letter.reason == "another_account");
  CHECK_FALSE(letter.payload.empty());
  account.settings.original_id = "gh_1";
  CHECK(only(account.receive_sealed(text_push)).text == "你好");
}

TEST_CASE("What is authentic but misses a common element becomes a dead letter with its bytes") {
  const auto body = std::string("<xml><FromUserName>o</FromUserName><MsgType>text</MsgType></xml>");
  const auto received = WechatAccount("plain", "token").receive_plain(body);
  REQUIRE(received);
  REQUIRE(received->dead_letters.size() == 1);
  CHECK(received->dead_letters[0].reason == "create_time_wrong");
  CHECK(received->dead_letters[0].payload == body);
  CHECK(received->once_stored.body == "success");
}

TEST_CASE("A dead letter read again gives the very message that the push would have given") {
  const WechatAccount safe("safe", "AAAAA");
  const auto envelope = "<xml><Encrypt><![CDATA[" + safe.sealed(text_push) + "]]></Encrypt></xml>";
  CHECK(only(safe.receive_again(envelope)) == only(safe.receive_sealed(text_push)));
  const WechatAccount plain("plain", "AAAAA");
  CHECK(only(plain.receive_again(text_push)) == only(plain.receive_plain(text_push)));
}

TEST_CASE(
    "A dead letter that is still not understood stays one, and mode safe reads no plain one") {
  const auto again = WechatAccount("safe", "AAAAA")
                         .receive_again("<xml><Encrypt>bm8gZW52ZWxvcGU=</Encrypt></xml>");
  REQUIRE(again);
  CHECK(again->messages.empty());
  CHECK(again->dead_letters.front().reason == "unopenable");
  const auto plain = WechatAccount("safe", "AAAAA").receive_again(text_push);
  REQUIRE_FALSE(plain);
  CHECK(plain.error().fault == Fault::forbidden);
}
