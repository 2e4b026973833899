#include "schema/codec.hpp"

#include "schema/json.hpp"
#include "schema/validate.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace schema = qnzs::schema;
namespace fs = std::filesystem;

namespace {

std::string contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE(
    "Every example and every stored document decodes, is valid, and encodes to the same document") {
  for (const char* folder : {"/schema/examples", "/tests/fixtures/schema/v1"}) {
    std::size_t count = 0;
    for (const auto& entry : fs::directory_iterator(QNZS_SOURCE_DIR + std::string(folder))) {
      INFO(entry.path().filename().string());
      const auto document = contents(entry.path());
      const auto message = schema::decode(document);
      REQUIRE(message);
      for (const auto& problem : schema::validate(*message))
        FAIL_CHECK(problem.pointer << " " << problem.what);
      CHECK(*schema::json::parse(schema::encode(*message)) == *schema::json::parse(document));
      ++count;
    }
    CHECK(count >= 12);
  }
}

TEST_CASE("Every stored dead letter decodes and encodes to the same document") {
  std::size_t count = 0;
  for (const auto& entry :
       fs::directory_iterator(QNZS_SOURCE_DIR "/tests/fixtures/schema/dead_letters")) {
    INFO(entry.path().filename().string());
    const auto document = contents(entry.path());
    const auto letter = schema::decode_dead_letter(document);
    REQUIRE(letter);
    CHECK(*schema::json::parse(schema::encode(*letter)) == *schema::json::parse(document));
    ++count;
  }
  CHECK(count >= 3);
}

TEST_CASE("A reader ignores what is newer than it and keeps an unknown part's text") {
  auto document = contents(QNZS_SOURCE_DIR "/schema/examples/wechat.json");
  document.replace(document.find("\"parts\": ["), 10,
                   "\"mood\": 1, \"parts\": [{\"type\": \"poll\", \"text\": \"投票\", \"n\": 1},");
  const auto message = schema::decode(document);
  REQUIRE(message);
  REQUIRE(std::holds_alternative<schema::UnknownPart>(message->parts.at(0)));
  CHECK(std::get<schema::UnknownPart>(message->parts[0]).text == "投票");
}

TEST_CASE("What is no message of version 1 is refused") {
  CHECK_FALSE(schema::decode(""));
  CHECK_FALSE(schema::decode("[]"));
  CHECK_FALSE(schema::decode("{\"schema\":\"qnzs.message/2\"}"));
  auto document = contents(QNZS_SOURCE_DIR "/schema/examples/wechat.json");
  for (std::size_t size = 0; size < document.size() - 3; size += 11)
    CHECK_FALSE(schema::decode(document.substr(0, size)));
}

TEST_CASE("A dead letter keeps every byte of its payload and says when it was cut") {
  schema::DeadLetter letter;
  letter.channel = schema::ChannelName("wechat");
  letter.account = schema::AccountName("a");
  letter.site = schema::SiteCode("henan");
  letter.reason = "xml_malformed";
  letter.media_type = "text/xml";
  letter.payload = std::string("\0\xff<xml", 6);
  letter.payload_bytes = 6;
  letter.payload_sha256 = std::string(64, 'a');
  const auto whole = schema::encode(letter);
  CHECK(*schema::decode_dead_letter(whole) == letter);
  CHECK(whole.contains("\"truncated\":false"));
  letter.payload_bytes = 7;
  CHECK(schema::encode(letter).contains("\"truncated\":true"));
}
