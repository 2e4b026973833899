#include "schema/codec.hpp"
#include "tests/unit/adapters/hotline/watched_folder.hpp"

#include <doctest/doctest.h>

namespace schema = qnzs::schema;
using qnzs::tests::call_record;
using qnzs::tests::WatchedFolder;

TEST_CASE(
    "A bad line goes beside the file with its number and reasons, and comments are passed over") {
  WatchedFolder folder;
  folder.write("a.ndjson",
               call_record(1) + "\n{\"record_no\":\"2\"}\n\nnonsense\n" + call_record(3) + "\n");
  folder.pass();
  CHECK(folder.stored.size() == 2);
  const auto rejected = folder.files.at("in/a.ndjson.rejected");
  CHECK(rejected.starts_with("# 第 2 行:/call 缺少此项\n{\"record_no\":\"2\"}\n# 第 4 行:"));
  CHECK(rejected.ends_with("\nnonsense\n"));
  folder.write("again.ndjson", rejected);  // as a person would, without having mended anything
  folder.pass();
  CHECK(folder.files.at("in/again.ndjson.rejected").starts_with("# 第 2 行:/call 缺少此项\n"));
  CHECK(folder.stored.size() == 2);
}

TEST_CASE("Killed at any step, nothing is lost and nothing refused is told twice") {
  const auto text =
      call_record(1) + "\nbad\n" + call_record(2) + "\nbad too\n" + call_record(3) + "\n";
  std::string told;
  for (int steps = 0; steps < 24; ++steps) {
    WatchedFolder folder;
    folder.desk.settings.append_lines_max = 1;
    folder.write("a.ndjson", text);
    folder.steps_left = steps;
    folder.pass();
    folder.settle();
    CHECK(folder.stored.size() == 3);
    const auto rejected = folder.files.at("in/a.ndjson.rejected");
    if (told.empty()) told = rejected;
    CHECK(rejected == told);
  }
  CHECK(told.contains("第 2 行"));
  CHECK(told.contains("第 4 行"));
}

TEST_CASE("What an earlier file of the name left in .rejected stays, wherever the host is killed") {
  for (int steps = 0; steps < 24; ++steps) {
    WatchedFolder folder;
    folder.write("a.ndjson", "bad\n" + call_record(1) + "\n");
    folder.pass();
    const auto before = folder.files.at("in/a.ndjson.rejected");
    folder.files.erase("in/a.ndjson");  // the desk has taken it away, as it is asked to
    folder.pass();
    folder.write("a.ndjson", call_record(2) + "\nworse\nworst\n");
    folder.steps_left = steps;
    folder.pass();
    folder.settle();
    CHECK(folder.stored.size() == 2);
    const auto rejected = folder.files.at("in/a.ndjson.rejected");
    CHECK(rejected.starts_with(before + "# 第 2 行:"));
    CHECK(rejected.ends_with("\nworst\n"));
    CHECK(rejected.find("worse\n") == rejected.rfind("worse\n"));
  }
}

TEST_CASE("What another file under the same name leaves is added to what stands there") {
  WatchedFolder folder;
  folder.write("a.ndjson", "bad\n");
  folder.pass();
  folder.write("a.ndjson", "worse, and other\n");
  folder.pass();
  const auto rejected = folder.files.at("in/a.ndjson.rejected");
  CHECK(rejected.contains("\nbad\n# 第 1 行:"));
  CHECK(rejected.ends_with("\nworse, and other\n"));
}

TEST_CASE("A file in UTF-16 is refused whole, once and by its name, and can be saved anew") {
  const auto utf16 = [](const std::string& text, bool is_big, const std::string& mark) {
    std::string wide = mark;
    for (const char letter : text)
      wide += is_big ? std::string{'\0', letter} : std::string{letter, '\0'};
    return wide;
  };
  const auto text = call_record(1) + "\n" + call_record(2) + "\n";
  for (const auto& wide : {utf16(text, false, "\xFF\xFE"), utf16(text, true, "\xFE\xFF"),
                           utf16(text, false, ""), utf16(text, true, "")}) {
    WatchedFolder folder;
    folder.write("a.ndjson", wide);
    folder.settle();
    CHECK(folder.rest.waiting == 0);
    CHECK(folder.stored.empty());
    folder.write("a.ndjson", wide + wide);
    folder.settle();
    const auto rejected = folder.files.at("in/a.ndjson.rejected");
    CHECK(rejected.starts_with("# 第 1 行起:编码是 UTF-16"));
    CHECK(rejected.find('\n') + 1 == rejected.size());
    folder.write("a.ndjson", text);
    folder.settle();
    CHECK(folder.stored.size() == 2);
    CHECK(folder.rest.waiting == 0);
  }
}

TEST_CASE("Where .rejected cannot be written a file in UTF-16 is a dead letter") {
  WatchedFolder folder;
  folder.is_write_refused = true;
  folder.write("a.ndjson", std::string("{\0\"\0a\0", 6));
  folder.settle();
  REQUIRE(folder.dead_letters.size() == 1);
  CHECK(folder.dead_letters[0].reason == "file_in_utf16");
  CHECK(folder.dead_letters[0].payload_bytes == 6);
}

TEST_CASE("When the folder cannot be written bad lines become dead letters and good ones go in") {
  WatchedFolder folder;
  folder.is_write_refused = true;
  folder.write("a.ndjson", "bad\n" + call_record(1) + "\n");
  folder.pass();
  CHECK(folder.stored.size() == 1);
  REQUIRE(folder.dead_letters.size() == 1);
  CHECK(folder.dead_letters[0].reason == "record_refused");
  CHECK(folder.dead_letters[0].payload == "bad");
  CHECK(folder.rest.problem.contains("死信"));
}

TEST_CASE("Then lines that are too long become dead letters too, as far as they were read") {
  WatchedFolder folder;
  folder.is_write_refused = true;
  folder.desk.settings.line_bytes_max = 1024;
  folder.write("a.ndjson", std::string(2000, 'x') + "\n" + call_record(1) + "\n" +
                               std::string(900'000, 'y') + "\n" + call_record(2) + "\n");
  folder.settle();
  CHECK(folder.stored.size() == 2);
  REQUIRE(folder.dead_letters.size() == 2);
  CHECK(folder.dead_letters[0].reason == "line_too_long");
  CHECK(folder.dead_letters[0].payload == std::string(2000, 'x'));
  CHECK(folder.dead_letters[1].payload_bytes > 100'000);
  CHECK(schema::encode(folder.dead_letters[1]).contains(R"("truncated":true)"));
  CHECK(folder.dead_letters[1].payload.starts_with("yyy"));
}

TEST_CASE("A line that is too long is refused without being held, and what follows is read") {
  WatchedFolder folder;
  folder.desk.settings.line_bytes_max = 1024;
  folder.write("a.ndjson", std::string(900'000, 'x') + "\n" + call_record(1) + "\n");
  folder.pass();
  CHECK(folder.stored.size() == 1);
  const auto rejected = folder.files.at("in/a.ndjson.rejected");
  CHECK(rejected == "# 第 1 行:超过 1024 字节,原文未抄录\n");
}
