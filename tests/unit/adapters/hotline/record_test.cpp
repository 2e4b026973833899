#include "adapters/hotline/record.hpp"

#include "schema/codec.hpp"
#include "schema/validate.hpp"
#include "tests/unit/adapters/hotline/hotline_desk.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace schema = qnzs::schema;
namespace json = qnzs::schema::json;
using qnzs::tests::HotlineDesk;
using qnzs::tests::record_one;

namespace {

const std::string schema_file = QNZS_SOURCE_DIR "/adapters/hotline/call-record.schema.json";

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE_MESSAGE(file, path);
  return {std::istreambuf_iterator<char>(file), {}};
}

json::Array cases(const std::string& name) {
  const auto tree =
      json::parse(contents(QNZS_SOURCE_DIR "/tests/fixtures/hotline/records/" + name));
  REQUIRE(tree);
  return *tree->array();
}

std::string record_of(const std::string& more, const std::string& number = "1") {
  return R"({"record_no":")" + number + R"(","call":{"started_at":"2026-11-24T08:00:00+08:00"})" +
         more + "}";
}

schema::Message message_of(const std::string& record) {
  const auto read = HotlineDesk().read(record);
  for (const auto& problem : read.problems) MESSAGE(problem.pointer << " " << problem.what);
  REQUIRE(read.message);
  CHECK(schema::validate(*read.message).empty());
  return *read.message;
}

}  // namespace

TEST_CASE("The published JSON Schema is the decoder's own table") {
  const auto written = qnzs::adapters::hotline::call_record_schema();
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(schema_file) << written;
  CHECK(contents(schema_file) == written);
}

TEST_CASE("Every good record becomes a valid message") {
  for (const auto& item : cases("good.json")) {
    INFO(*item.find("name")->text());
    message_of(json::write(*item.find("record")));
  }
}

TEST_CASE("Every problem of a bad record is named by its pointer, and no other") {
  for (const auto& item : cases("bad.json")) {
    INFO(*item.find("name")->text());
    const auto read = HotlineDesk().read(json::write(*item.find("record")));
    CHECK_FALSE(read.message);
    std::vector<std::string> found;
    for (const auto& problem : read.problems) {
      found.push_back(problem.pointer);
      CHECK_FALSE(problem.what.empty());
    }
    std::ranges::sort(found);
    std::vector<std::string> expected;
    for (const auto& pointer : *item.find("pointers")->array()) expected.push_back(*pointer.text());
    CHECK(found == expected);
  }
}

TEST_CASE("What is wrong is told without the value that is wrong") {
  const auto read =
      HotlineDesk().read(record_of(R"(,"person":{"age":"PLANTED","phone":"PLANTED"})"));
  CHECK(read.problems.size() == 2);
  for (const auto& problem : read.problems) CHECK_FALSE(problem.what.contains("PLANTED"));
}

TEST_CASE("A file that is not plain UTF-8 is refused with the way to save it") {
  const auto why = [](const std::string& bytes) {
    const auto read = HotlineDesk().read(bytes);
    REQUIRE(read.problems.size() == 1);
    return read.problems[0].what;
  };
  CHECK(why("\xEF\xBB\xBF" + record_of("")).starts_with("开头有 BOM"));
  CHECK(
      why(record_of(",\"matter\":{\"text\":\"\xC4\xE3\xBA\xC3\"}")).starts_with("编码不是 UTF-8"));
  CHECK(why("{").starts_with("不是合法的 JSON"));
  CHECK(why(std::string("{\0\"\0a\0", 6)).contains("UTF-16"));
}

TEST_CASE(
    "A correction is an update of the first message, with its revision, in its conversation") {
  const auto first = message_of(record_of(""));
  const auto second = message_of(record_of(R"(,"revision":1,"person":{"phone":"110"})"));
  CHECK(first.action == schema::Action::create);
  CHECK(second.action == schema::Action::update);
  CHECK(second.target == first.id);
  CHECK(second.id != first.id);
  CHECK(second.revision == 1);
  CHECK(second.conversation.key == first.conversation.key);
  CHECK(message_of(record_of(R"(,"revision":2)")).target == first.id);
}

TEST_CASE("The same number at another desk is another message") {
  HotlineDesk other;
  other.settings.account = "other";
  CHECK(other.read(record_one).message->id != HotlineDesk().read(record_one).message->id);
}

TEST_CASE("What was said on the telephone is text too, with who said it") {
  const auto message = message_of(
      record_of(R"(,"matter":{"title":"题","text":"内容"},"transcript":[)"
                R"({"start_ms":0,"end_ms":9,"role":"operator","text":"喂"},)"
                R"({"start_ms":9,"end_ms":20,"role":"caller","text":"救命","confidence":0.25}])"));
  CHECK(message.text == "题\n内容\n接线员:喂\n来电人:救命");
  REQUIRE(message.call->segments.size() == 2);
  CHECK(message.call->segments[1].role == schema::SegmentRole::caller);
  CHECK(message.call->segments[1].confidence == 0.25);
}

TEST_CASE("A caller's wish for secrecy makes the whole sheet confidential") {
  CHECK(message_of(record_of(R"(,"person":{"confidential":true})")).visibility ==
        schema::Visibility::confidential);
  CHECK(message_of(record_of(R"(,"person":{"confidential":false})")).visibility ==
        schema::Visibility::closed);
}

TEST_CASE("Name, phone and contacts are listed as personal, and a minor as a minor") {
  const auto message = message_of(
      record_of(R"(,"person":{"name":"李","phone":"12355","second_contact":"母","age":17})"));
  CHECK(message.pii.at("/author/name") == schema::PiiClass::name);
  CHECK(message.pii.at("/author/phone") == schema::PiiClass::phone);
  CHECK(message.pii.at("/author/id") == schema::PiiClass::phone);
  CHECK(message.pii.at("/ext/hotline/person/second_contact") == schema::PiiClass::phone);
  CHECK(message.pii.at("/author") == schema::PiiClass::minor);
  CHECK_FALSE(message_of(record_of(R"(,"person":{"age":18})")).pii.contains("/author"));
  CHECK(message_of(record_of(R"(,"person":{"under_18":true})")).pii.contains("/author"));
}

TEST_CASE("An answer is possible when there is a number to call") {
  const auto reachable = message_of(record_of(R"(,"person":{"phone":"12355"})"));
  CHECK(reachable.reply.possible);
  CHECK(reachable.reply.ways == std::vector<std::string>{"phone"});
  CHECK_FALSE(reachable.author.key.is_zero());
  const auto anonymous = message_of(record_of(R"(,"person":{"anonymous":true})"));
  CHECK_FALSE(anonymous.reply.possible);
  CHECK(anonymous.author.key.is_zero());
  CHECK(anonymous.flags == std::vector<std::string>{"anonymous"});
}

TEST_CASE("The operator's judgement is kept as given, and told as flags") {
  const auto message = message_of(record_of(
      R"(,"judgement":{"urgency":"特急","crisis":true,"crisis_grade":"五度","mandatory_report":true,)"
      R"("sensitive":false,"repeats":"0"})"));
  CHECK(message.flags ==
        std::vector<std::string>{"crisis", "mandatory_report", "very_urgent", "repeated"});
  CHECK(message.conversation.thread_root == "0");
  const auto* kept = message.ext.front().second.find("judgement");
  REQUIRE(kept != nullptr);
  CHECK(*kept->find("urgency")->text() == "特急");
  CHECK(*kept->find("crisis_grade")->text() == "五度");
  CHECK(*kept->find("sensitive")->boolean() == false);
}

TEST_CASE("Control characters go, and the message says so") {
  const auto message =
      message_of(record_of(R"(,"matter":{"text":"a\u000bb"},"extra":{"k":"\u0000"})"));
  CHECK(message.text == "ab");
  CHECK(message.flags == std::vector<std::string>{"control_characters_removed"});
}

TEST_CASE(
    "A name with control characters is refused where it stands, for without them it is another") {
  for (const auto& [members, pointer] : std::vector<std::pair<std::string, std::string>>{
           {R"({"a\u0001":1,"a":2})", "/extra"},
           {R"({"b":[{"a\u000a\u0000":1}]})", "/extra/b/0"},
           {R"({"\uffff":1})", "/extra"}}) {
    const auto read = HotlineDesk().read(record_of(R"(,"extra":)" + members));
    CHECK_FALSE(read.message);
    REQUIRE(read.problems.size() == 1);
    CHECK(read.problems[0].pointer == pointer);
    CHECK(read.problems[0].what.contains("控制字符"));
  }
  CHECK(HotlineDesk().read(R"({"record_no":"9","\u0001":1})").record_no == "9");
}

TEST_CASE("A revision written as a real without a fraction is the same number in the answer") {
  const auto read = HotlineDesk().read(record_of(R"(,"revision":1.0)"));
  REQUIRE(read.message);
  CHECK(read.revision == 1);
  CHECK(read.message->action == schema::Action::update);
}

TEST_CASE("A record or a document over its size is refused with a way out, a long call is not") {
  const auto transcript = [](int segments, int characters) {
    std::string list;
    for (int i = 0; i < segments; ++i) {
      list += (i == 0 ? "" : ",") +
              (R"({"start_ms":)" + std::to_string(i * 3000) + R"(,"end_ms":)" +
               std::to_string(i * 3000 + 2999) + R"(,"role":"caller","confidence":0.9,"text":")");
      for (int n = 0; n < characters; ++n) list += "话";
      list += R"("})";
    }
    return record_of(R"(,"transcript":[)" + list + "]");
  };
  message_of(transcript(1700, 16));  // 85 minutes, 27,200 characters
  const auto large = HotlineDesk().read(transcript(3000, 30));
  REQUIRE(large.problems.size() == 1);
  CHECK(large.problems[0].what.contains("transcript_ref"));
}
