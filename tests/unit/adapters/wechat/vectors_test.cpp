// The published vectors as whole requests. The numbers are checked by an implementation that is not
// ours too: tests/contract/wechat_vectors.py verify.
#include "schema/json.hpp"
#include "tests/unit/adapters/wechat/wechat_account.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>

namespace json = qnzs::schema::json;
using qnzs::tests::WechatAccount;

namespace {

class Vector {
 public:
  explicit Vector(const char* name) {
    std::ifstream file(QNZS_SOURCE_DIR "/tests/fixtures/wechat_vectors.json", std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(file), {});
    const auto all = json::parse(bytes);
    REQUIRE(all);
    const auto* found = all->find(name);
    REQUIRE(found != nullptr);
    members_ = *found;
  }
  std::string operator[](const char* name) const {
    const auto* member = members_.find(name);
    return member == nullptr ? "" : *member->text();
  }
  WechatAccount account() const {
    return {"safe", (*this)["token"], (*this)["appid"], (*this)["aes_key"]};
  }
  qnzs::schema::Result<qnzs::adapters::Received> receive(const std::string& msg_signature) const {
    return account().receive(
        "POST",
        "timestamp=" + (*this)["timestamp"] + "&nonce=" + (*this)["nonce"] +
            "&encrypt_type=aes&msg_signature=" + msg_signature,
        "<xml><Encrypt><![CDATA[" + (*this)["encrypt"] + "]]></Encrypt></xml>");
  }

 private:
  json::Value members_;
};

// Opened, but no message: the reason tells how far it came.
std::string reason_of(const qnzs::schema::Result<qnzs::adapters::Received>& received) {
  REQUIRE(received);
  REQUIRE(received->dead_letters.size() == 1);
  CHECK(received->once_stored.body == "success");
  return received->dead_letters[0].reason;
}

}  // namespace

TEST_CASE("Vector V4 as a request is a message with every character of its text") {
  const Vector vector("V4");
  const auto received = vector.receive(vector["msg_signature"]);
  REQUIRE(received);
  REQUIRE(received->messages.size() == 1);
  CHECK(received->messages[0].text == "青年之声😀 a<b&c");
  CHECK(received->messages[0].source.id.str() == "7300000000000000001");
  CHECK(received->messages[0].author.verified);
}

TEST_CASE("Vectors whose content is no push are opened and set aside for their content") {
  for (const char* name : {"C", "D", "V1"}) {
    const Vector vector(name);
    CHECK(reason_of(vector.receive(vector["msg_signature"])) == "xml_malformed");
  }
  for (const char* name : {"V2", "V3"}) {
    const Vector vector(name);
    CHECK(reason_of(vector.receive(vector["msg_signature"])) == "create_time_wrong");
  }
  const Vector unsigned_one("E");
  CHECK(reason_of(unsigned_one.account().receive_envelope(unsigned_one["encrypt"])) ==
        "xml_malformed");
}

TEST_CASE("A vector with another vector's signature stores nothing") {
  const Vector vector("V4");
  const auto received = vector.receive(Vector("V1")["msg_signature"]);
  REQUIRE_FALSE(received);
  CHECK(received.error().fault == qnzs::schema::Fault::unauthentic);
}
