#include "adapters/wechat/envelope.hpp"

#include "schema/crypto.hpp"
#include "tests/unit/adapters/wechat/wechat_account.hpp"

#include <doctest/doctest.h>

namespace wechat = qnzs::adapters::wechat;
namespace crypto = qnzs::schema::crypto;
using qnzs::tests::key_e;
using qnzs::tests::key_zero;
using qnzs::tests::WechatAccount;

namespace {

const std::string token = "QingNianTest2024";
const std::string appid = "wx0000000000000001";

std::string opened(const std::string& encrypted, const std::string& key, const std::string& id) {
  const auto message = wechat::open(encrypted, *wechat::decode_key(key), id);
  REQUIRE(message);
  return *message;
}

// An envelope with anything in it: random, length field, message and appid, padding as told.
std::string envelope(std::uint8_t length, const std::string& message, const std::string& tail,
                     std::size_t padding, char pad) {
  auto plain =
      std::string(16, 'r') + std::string(3, '\0') + static_cast<char>(length) + message + tail;
  plain.append(padding, pad);
  const auto key = *wechat::decode_key(key_e);
  return crypto::base64(*crypto::aes256_cbc_encrypt(key, key.substr(0, 16), plain));
}

// Signed rightly but not to be opened: set aside whole, without saying why.
void check_set_aside(const std::string& encrypted, const std::string& id = appid) {
  const auto received = WechatAccount("safe", token, id).receive_envelope(encrypted);
  REQUIRE(received);
  CHECK(received->messages.empty());
  REQUIRE(received->dead_letters.size() == 1);
  CHECK(received->dead_letters[0].reason == "unopenable");
}

}  // namespace

TEST_CASE("checklist safe C: the published vector has its signatures and opens") {
  const std::string encrypted =
      "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/"
      "ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcvZqzDpVzazhZv6JsXUnnR8XGT740XgXZUXQ7vJVnAG+"
      "tE8NUd4yFyjPy7GgiaviNrlCTj+"
      "l5kdfMuFUPpRSrfMZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf8YL/"
      "P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04=";
  CHECK(wechat::sign({"AAAAA", "1714112445", "415670741"}) ==
        "6c5c811b55cc85e0e1b54100749188c20beb3f5d");
  CHECK(wechat::sign({"AAAAA", "1714112445", "415670741", encrypted}) ==
        "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3");
  const auto message = opened(encrypted, key_zero, "wxba5fad812f8e6fb9");
  CHECK(message.size() == 167);
  CHECK(message.ends_with(R"("debug_str":"hello world"})"));
}

TEST_CASE("checklist safe E: a key that is not canonical base64 opens a text of several bytes") {
  CHECK(opened("jn1L23DB+6ELqJ+6bruv21Y6MD7KeIfP82D6gU39rmkgczbWwt5+"
               "3bnyg5K55bgVtVzd832WzZGMhkP72vVOfg==",
               key_e, "wxb11529c136998cb6") == "我是中文abcd123");
}

TEST_CASE("checklist safe V1: an empty message") {
  const std::string encrypted =
      "Q3stYC6hdFzMh9T8HCvyDMf74agqskx1ZoF99WNemUuaDavqcTccSEYogkFsArR/qk34qYcY0kb6obDhOBKpyg==";
  CHECK(opened(encrypted, key_e, appid).empty());
  CHECK(wechat::sign({token, "1700000000", "1234567890", encrypted}) ==
        "a8bd264cc48db36931f86acd1d897e84551a8830");
}

TEST_CASE("checklist safe V2: padding of a whole block") {
  const std::string encrypted =
      "Q3stYC6hdFzMh9T8HCvyDAVb5IBkqmJvmF2yIsM+"
      "HExobqouhWgBdPhBntuHuRTM9wnvtdtdYQnaFowzCAn4voZmpftycqSLToZY4rZY6/g06GXiixZblOa9tYp0o+dN";
  CHECK(opened(encrypted, key_e, appid) == "<xml><M>xxxxxxxx</M></xml>");
  CHECK(wechat::sign({token, "1700000001", "0", encrypted}) ==
        "1016a059d1ab42e91317eaef3774273fb312876a");
}

TEST_CASE("checklist safe V3: padding of one byte") {
  const std::string encrypted =
      "Q3stYC6hdFzMh9T8HCvyDACN1UbQSQlg64Rc4WNIWOZA1wvd1SnPXdAvkYFQ4pNMk/0+pbMKwP0CALE80vPgHA==";
  CHECK(opened(encrypted, key_e, appid) == "<xml><M>xxxxxxx</M></xml>");
  CHECK(wechat::sign({token, "1700000002", "99", encrypted}) ==
        "c4fb7addc57b7c3216a82e22c9230cbcd05de2b0");
}

TEST_CASE("checklist safe V4: emoji, and pieces sorted as strings") {
  const std::string encrypted =
      "xAawnM/moRUUcoQMzrwRyR+TCWHIXlA4ubXghhNSLYBZ/puD0v8iODA3lJ9170Mjxaz2dn3IffHq6aJQWXcJ/"
      "OOK6kZeIRXG8ImrHeMMkoM/+7TTtNEWXQoU/"
      "SwfMqPqFRJqUX8kFaNIW52m4C+ooCkMTtAWnvjpodX3wsFTKTLZRosNuZip24nEH/p/1M+VG2vIm8UrtcE/"
      "t3LyhaQ3uvUdmdE2KMVt4r7t0OpVYIcYqqiV1tZcuVynYedvitaaRKTJY+"
      "gIPhUtO2OLj6pJNVZiS5SSdeyko8qeGKP650WEpuNH8rcAk00vFpTUZKB0t42qYDOCiT+l7XrW+"
      "e3A9dtdq4IUSC8EAzCpgbyfaxGP0X3dQsQTocFfSYZkPvzvWsitlhxBHpOLGQgKtdPjdDbIfHRLxNkSHeGL4Pwx3qs=";
  CHECK(wechat::sign({token, "1700000003", "abcDEF"}) ==
        "7e824d3c16ff72ea0820ccfa96d0b32cf6353016");
  CHECK(wechat::sign({token, "1700000003", "abcDEF", encrypted}) ==
        "110d9c48764aadd98c8a40385cd023feed88ae7f");
  CHECK(opened(encrypted, key_zero, appid).contains("青年之声😀 a<b&c"));
}

TEST_CASE("checklist wrong appid tail: a message for another account is not taken") {
  const std::string tail = "wx0000000000000002";
  check_set_aside(envelope(1, "m", tail, 32 - (21 + tail.size()) % 32,
                           static_cast<char>(32 - (21 + tail.size()) % 32)));
  CHECK(opened(envelope(1, "m", appid, 25, 25), key_e, appid) ==
        "m");  // the builder builds rightly
}

TEST_CASE("checklist length field beyond buffer: nothing is read past the end") {
  check_set_aside(envelope(200, "m", appid, 25, 25));
  CHECK_FALSE(wechat::open(envelope(20, "m", appid, 25, 25), *wechat::decode_key(key_e), appid));
}

TEST_CASE("checklist pad 0: padding of no byte is none") {
  check_set_aside(envelope(1, "m", appid, 25, 0));
  // All else is right: an account whose id ends in NUL is the only one that would open it.
  const auto id = appid + std::string(1, '\0');
  const auto unpadded = envelope(25, std::string(25, 'm'), id, 0, 0);
  check_set_aside(unpadded, id);
  CHECK_FALSE(wechat::open(unpadded, *wechat::decode_key(key_e), id));
}

TEST_CASE("checklist pad 33: more than a block is no padding") {
  const auto padded = envelope(25, std::string(25, 'm'), appid, 33, 33);  // all else is right
  check_set_aside(padded);
  CHECK_FALSE(wechat::open(padded, *wechat::decode_key(key_e), appid));
}

TEST_CASE("checklist cipher not multiple of 32: half a block is refused") {
  check_set_aside(envelope(1, "m", appid, 9, 9));  // 48 bytes: whole for AES, not for WeChat
  CHECK_FALSE(wechat::open("AAAA", *wechat::decode_key(key_e), appid));
  CHECK_FALSE(wechat::open("", *wechat::decode_key(key_e), appid));
}

TEST_CASE("Vector D: what we seal is what the platform seals") {
  std::array<std::uint8_t, 16> random{};
  std::ranges::copy(std::string_view("707722b803182950"), random.begin());
  const auto sealed = wechat::seal(R"({"demo_resp":"good luck"})", *wechat::decode_key(key_zero),
                                   "wxba5fad812f8e6fb9", random);
  CHECK(sealed ==
        "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ==");
  CHECK(wechat::sign({"AAAAA", "1713424427", "415670741", sealed}) ==
        "1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1");
}

TEST_CASE("Uneven padding is refused though its last byte is right") {
  auto plain = envelope(1, "m", appid + std::string(24, 'x'), 1, 25);
  CHECK_FALSE(wechat::open(plain, *wechat::decode_key(key_e), appid));
}

TEST_CASE("A key may hold white space but not another length") {
  CHECK(wechat::decode_key(std::string(key_e) + " \n") == wechat::decode_key(key_e));
  CHECK(wechat::decode_key(key_e)->size() == 32);
  CHECK_FALSE(wechat::decode_key("short"));
}
