#include "adapters/hotline/folder_left.hpp"

#include "tests/unit/adapters/hotline/watched_folder.hpp"

#include <doctest/doctest.h>

#include <chrono>

using namespace std::chrono_literals;
using qnzs::adapters::hotline::shown_name;
using qnzs::tests::call_record;
using qnzs::tests::WatchedFolder;

TEST_CASE("A file that nobody finishes is told by its name and line until it is whole") {
  WatchedFolder folder;
  const auto text = call_record(1) + "\n" + call_record(2);
  folder.write("a.ndjson", text.substr(0, text.size() - 5));
  folder.pass();
  CHECK(folder.rest.waiting == 1);
  CHECK(folder.rest.note.empty());  // it may still be written
  folder.now += std::chrono::milliseconds(10 * folder.desk.settings.settle_ms);
  folder.settle();
  CHECK(folder.rest.waiting == 1);
  CHECK(folder.rest.note.starts_with("文件夹 in 中的 a.ndjson 第 2 行不是完整的一条记录"));
  CHECK(folder.rest.problem.empty());  // what else comes is read
  folder.write("a.ndjson", text + "\n");
  folder.pass();
  CHECK(folder.rest.note.empty());
  CHECK(folder.stored.size() == 2);
}

TEST_CASE("A file that is being written is not told, however wrong its clock is") {
  for (const auto wrong : {-5min, 5min}) {
    WatchedFolder folder;
    std::string text;
    for (int number = 0; number < 5; ++number) {
      folder.now += 1s;
      text += call_record(number) + "\n";
      folder.write("a.ndjson", text + "{");
      folder.changed_at["in/a.ndjson"] += wrong;
      folder.pass();
      CHECK(folder.rest.waiting == 1);
      CHECK(folder.rest.note.empty());
    }
  }
}

TEST_CASE("Files that nobody reads are counted and the first is named, but not ours") {
  WatchedFolder folder;
  folder.write("a.ndjson", "bad\n");
  folder.write("o.rejected", call_record(4) + "\n");  // none of ours
  folder.write("c.json", call_record(1) + "\n");
  folder.write("b.ndjson.tmp", call_record(2) + "\n");
  folder.settle();
  REQUIRE(folder.files.contains("in/a.ndjson.rejected"));
  CHECK(folder.rest.unread == 0);  // a copy on its way may be renamed yet
  folder.now += 10min;
  folder.write("d.json", call_record(3));
  folder.pass();
  CHECK(folder.rest.unread == 3);
  CHECK(folder.rest.note.contains("有 3 个文件没有读,如 b.ndjson.tmp:只读 *.ndjson"));
  for (const auto* name : {"in/c.json", "in/b.ndjson.tmp", "in/o.rejected"})
    folder.files.erase(name);
  folder.pass();
  CHECK(folder.rest.unread == 0);
  CHECK(folder.rest.note.empty());
}

TEST_CASE("Both kinds are told in one note, with how many there are of each") {
  WatchedFolder folder;
  folder.write("a.ndjson", "{");
  folder.write("b.ndjson", "[1]");
  folder.write("c.txt", "{}");
  folder.now += 10min;
  folder.pass();
  folder.pass();
  CHECK(folder.rest.note.contains(
      "a.ndjson 第 1 行不是完整的一条记录,且久未改动(这样的文件共 2 个)"));
  CHECK(folder.rest.note.contains(";文件夹 in 中有 1 个文件没有读,如 c.txt:"));
}

TEST_CASE("A name that would steer a terminal, or turn its text, is not shown") {
  CHECK(shown_name("来电 2026-11-29.json") == "来电 2026-11-29.json");
  CHECK(shown_name("caf\u00E9.json") == "caf\u00E9.json");
  for (const auto* name : {"\xff.json", "a\nb", "a\x7f", "\xc2\x9b", "gpj\u202Enosj.", "\u2066a"})
    CHECK(shown_name(name) == "(名字无法显示的文件)");
}
