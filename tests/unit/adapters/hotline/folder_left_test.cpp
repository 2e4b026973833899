// What a look at a watched folder leaves as it is, and tells.
#include "tests/unit/adapters/hotline/watched_folder.hpp"

#include <doctest/doctest.h>

#include <chrono>

using namespace std::chrono_literals;
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
  CHECK(folder.rest.note.starts_with("文件夹 in 中的 a.ndjson 第 2 行不完整"));
  CHECK(folder.rest.problem.empty());  // what else comes is read
  folder.write("a.ndjson", text + "\n");
  folder.pass();
  CHECK(folder.rest.note.empty());
  CHECK(folder.stored.size() == 2);
}

TEST_CASE("Files that nobody will read are counted and the first is named, but not ours") {
  WatchedFolder folder;
  folder.write("a.ndjson", "bad\n");
  folder.write("c.json", call_record(1) + "\n");
  folder.write("b.ndjson.tmp", call_record(2) + "\n");
  folder.settle();
  REQUIRE(folder.files.contains("in/a.ndjson.rejected"));
  CHECK(folder.rest.passed_over == 0);  // a copy on its way may be renamed yet
  folder.now += 10min;
  folder.write("d.json", call_record(3));
  folder.pass();
  CHECK(folder.rest.passed_over == 2);
  CHECK(folder.rest.note.contains("有 2 个文件没有读,如 b.ndjson.tmp:只读 *.ndjson"));
  folder.files.erase("in/c.json");
  folder.files.erase("in/b.ndjson.tmp");
  folder.pass();
  CHECK(folder.rest.passed_over == 0);
  CHECK(folder.rest.note.empty());
}

TEST_CASE("Both kinds are told in one note, and a name that is no UTF-8 is not shown") {
  WatchedFolder folder;
  folder.write("a.ndjson", "{");
  folder.write("\xff.json", "{}");
  folder.now += 10min;
  folder.pass();
  CHECK(folder.rest.note.contains("a.ndjson 第 1 行不完整"));
  CHECK(folder.rest.note.contains(";文件夹 in 中有 1 个文件没有读,如 (名字不是 UTF-8 的文件)"));
}
