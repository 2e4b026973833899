#include "adapters/hotline/folder_cursor.hpp"
#include "tests/unit/adapters/hotline/watched_folder.hpp"

#include <doctest/doctest.h>

namespace hotline = qnzs::adapters::hotline;
namespace schema = qnzs::schema;
using qnzs::tests::call_record;
using qnzs::tests::HotlineDesk;
using qnzs::tests::WatchedFolder;

TEST_CASE("Whole lines of a file become messages at once, and nothing twice") {
  WatchedFolder folder;
  folder.write("a.ndjson", call_record(1) + "\n" + call_record(2) + "\r\n");
  folder.write("a.txt", call_record(3) + "\n");
  folder.pass();
  CHECK(folder.stored.size() == 2);
  CHECK(folder.appends == 1);
  folder.pass();
  CHECK(folder.appends == 1);
}

TEST_CASE("A half-written line waits, and is taken whole when it has come") {
  WatchedFolder folder;
  folder.write("a.ndjson", call_record(1) + "\n" + call_record(2).substr(0, 20));
  folder.settle();
  CHECK(folder.stored.size() == 1);
  CHECK(folder.rest.waiting == 1);
  CHECK_FALSE(folder.files.contains("in/a.ndjson.rejected"));
  folder.write("a.ndjson", call_record(1) + "\n" + call_record(2) + "\n");
  folder.pass();
  CHECK(folder.stored.size() == 2);
  CHECK(folder.rest.waiting == 0);
}

TEST_CASE("A last line without its line break is taken once the file rests") {
  WatchedFolder folder;
  folder.write("a.ndjson", call_record(1));
  folder.pass();
  CHECK(folder.stored.empty());
  folder.now += std::chrono::milliseconds(folder.desk.settings.settle_ms);
  folder.pass();
  CHECK(folder.stored.size() == 1);
  folder.write("a.ndjson", call_record(1) + "\n" + "bad\n");
  folder.pass();
  CHECK(folder.stored.size() == 1);
  CHECK(folder.files["in/a.ndjson.rejected"].contains("第 2 行"));
}

TEST_CASE("Space that a copy has not filled yet waits") {
  WatchedFolder folder;
  const auto text = call_record(1) + "\n" + call_record(2) + "\n";
  auto hole = text;
  std::fill_n(hole.begin(), 40, '\0');
  folder.write("a.ndjson", hole);
  folder.settle();
  CHECK(folder.stored.empty());
  CHECK(folder.rest.waiting == 1);
  folder.write("a.ndjson", text);
  folder.pass();
  CHECK(folder.stored.size() == 2);
}

TEST_CASE("The same file renamed, copied anew or written over makes nothing new") {
  WatchedFolder folder;
  const auto text = call_record(1) + "\n" + call_record(2) + "\n";
  folder.write("a.ndjson", text);
  folder.pass();
  folder.write("copy.ndjson", text);
  folder.pass();
  folder.files.erase("in/a.ndjson");
  folder.now += std::chrono::seconds(1);
  folder.write("copy.ndjson", text);
  folder.pass();
  CHECK(folder.stored.size() == 2);
}

TEST_CASE("Another file under the same name is read from its beginning") {
  WatchedFolder folder;
  folder.write("a.ndjson", call_record(1) + "\n");
  folder.pass();
  folder.write("a.ndjson", call_record(2) + "\n" + call_record(3) + "\n");
  folder.pass();
  CHECK(folder.stored.size() == 3);
  folder.write("a.ndjson", call_record(4) + "\n");
  folder.pass();
  CHECK(folder.stored.size() == 4);
}

TEST_CASE("A byte order mark at the beginning of a file is passed over") {
  WatchedFolder folder;
  folder.write("a.ndjson", "\xEF\xBB\xBF" + call_record(1) + "\n" + call_record(2) + "\n");
  folder.pass();
  CHECK(folder.stored.size() == 2);
  CHECK_FALSE(folder.files.contains("in/a.ndjson.rejected"));
}

TEST_CASE("An append that can never be stored is told to the operators, a full journal is not") {
  WatchedFolder folder;
  folder.write("a.ndjson", call_record(1) + "\n");
  folder.is_journal_full = true;
  folder.pass();
  CHECK(folder.rest.problem.empty());
  folder.journal_fault = schema::Fault::too_large;
  folder.pass();
  CHECK(folder.rest.problem.contains("append_lines_max"));
  CHECK(folder.cursor.empty());
  folder.is_journal_full = false;
  folder.pass();
  CHECK(folder.rest.problem.empty());
  CHECK(folder.stored.size() == 1);
}

TEST_CASE("A file that was written over is read anew, wherever it differs and whatever its size") {
  const auto all = [](int first, const std::string& more) {
    std::string text;
    for (int i = 0; i < 20; ++i) text += call_record(i == 3 ? first : 100 + i) + "\n";
    return text + more;
  };
  for (const auto& more : {std::string(), call_record(300) + "\n", call_record(300).substr(0, 9)}) {
    WatchedFolder folder;
    folder.write("a.ndjson", all(201, ""));
    folder.pass();
    CHECK(folder.stored.size() == 20);
    folder.now += std::chrono::milliseconds(1);
    folder.write("a.ndjson", all(202, more));
    folder.pass();
    CHECK(folder.stored.size() == (more.ends_with('\n') ? 22 : 21));
    folder.files["in/a.ndjson"].resize(500);  // and shorter, at the same moment
    folder.pass();
    CHECK(folder.stored.size() == (more.ends_with('\n') ? 22 : 21));
  }
}

TEST_CASE("A file that was written over within the tick of its time is read anew") {
  WatchedFolder folder;
  folder.write("a.ndjson", call_record(1) + "\n");
  folder.pass();
  folder.write("a.ndjson", call_record(2) + "\n");
  folder.pass();
  CHECK(folder.stored.size() == 1);
  folder.now += std::chrono::seconds(2);
  folder.pass();
  CHECK(folder.stored.size() == 2);
  const auto appends = folder.appends;
  folder.now += std::chrono::seconds(2);
  for (int i = 0; i < 3; ++i) folder.pass();
  CHECK(folder.appends == appends);  // settled, and looked at no more
}

TEST_CASE(
    "A hole longer than a line may be holds up what is behind it no longer than a short one") {
  for (const auto age : {std::chrono::hours(1), std::chrono::hours(-8000)}) {
    WatchedFolder folder;
    folder.write("a.ndjson", call_record(1) + "\n" + std::string(600'000, '\0') + "\n" +
                                 call_record(2) + "\nx" + std::string(1, '\0') + "\n" +
                                 call_record(3) + "\n");
    folder.changed_at["in/a.ndjson"] -= age;
    folder.pass();
    CHECK(folder.stored.size() == 3);
    CHECK(folder.files.at("in/a.ndjson.rejected").contains("# 第 4 行:含有 NUL"));
  }
}

TEST_CASE("A file that grows while it is read leaves the others their turn") {
  WatchedFolder folder;
  folder.desk.settings.append_lines_max = 1;
  folder.write("a.ndjson", call_record(1) + "\n" + call_record(2) + "\n");
  folder.write("b.ndjson", call_record(1000) + "\n");
  folder.on_store = [&] {
    if (folder.appends < 50)
      folder.files["in/a.ndjson"] += call_record(static_cast<int>(10 + folder.appends)) + "\n";
  };
  folder.pass();
  CHECK(folder.appends < 10);
  CHECK(folder.stored.size() >= 3);
}

TEST_CASE("A mark does not count as a part of its line") {
  WatchedFolder folder;
  folder.desk.settings.line_bytes_max = 1024;
  auto line =
      R"({"record_no":"1","call":{"started_at":"2026-11-24T08:00:00+08:00"},"extra":{"a":")";
  folder.write(
      "a.ndjson",
      "\xEF\xBB\xBF" + (line + std::string(1024 - std::string(line).size() - 3, 'x')) + "\"}}\r\n");
  folder.pass();
  CHECK(folder.stored.size() == 1);
}

TEST_CASE("What was taken away and is put back is known for a while") {
  WatchedFolder folder;
  const auto text = call_record(1) + "\nbad\n";
  folder.write("a.ndjson", text);
  folder.pass();
  folder.files.erase("in/a.ndjson");
  for (int i = 0; i < 5; ++i) {
    folder.write("b" + std::to_string(i) + ".ndjson", call_record(10 + i) + "\n");
    folder.pass();
  }
  const auto rejected = folder.files.at("in/a.ndjson.rejected");
  folder.now += std::chrono::seconds(1);
  folder.write("a.ndjson", text);
  folder.pass();
  CHECK(folder.files.at("in/a.ndjson.rejected") == rejected);
  CHECK(folder.stored.size() == 6);
}

TEST_CASE("A file with a time ahead of ours does not wait for it") {
  WatchedFolder folder;
  folder.write("a.ndjson", call_record(1));
  folder.changed_at["in/a.ndjson"] += std::chrono::hours(8);
  folder.pass();
  CHECK(folder.stored.size() == 1);
}

TEST_CASE("A line with NUL waits for a copy to come, and once nobody writes it holds up no other") {
  WatchedFolder folder;
  auto holed = call_record(2);
  holed[20] = '\0';
  folder.write("a.ndjson", call_record(1) + "\n" + holed + "\n" + call_record(3) + "\n");
  folder.settle();
  CHECK(folder.stored.size() == 1);
  CHECK(folder.rest.waiting == 1);
  folder.now += std::chrono::milliseconds(10 * folder.desk.settings.settle_ms);
  folder.pass();
  CHECK(folder.stored.size() == 2);
  CHECK(folder.rest.waiting == 0);
  CHECK(folder.files.at("in/a.ndjson.rejected").starts_with("# 第 2 行:含有 NUL"));
  folder.write("a.ndjson", call_record(1) + "\n" + call_record(2) + "\n" + call_record(3) + "\n");
  folder.pass();  // it came after all
  CHECK(folder.stored.size() == 3);
}

TEST_CASE("While the journal refuses the poll waits, and loses nothing") {
  WatchedFolder folder;
  folder.write("a.ndjson", call_record(1) + "\nbad\n");
  folder.is_journal_full = true;
  folder.pass();
  CHECK(folder.stored.empty());
  folder.is_journal_full = false;
  folder.pass();
  CHECK(folder.stored.size() == 1);
  CHECK(folder.files.at("in/a.ndjson.rejected").find("第 2 行") != std::string::npos);
}

TEST_CASE("More files than the limit are told, and those within it are read") {
  WatchedFolder folder;
  folder.desk.settings.folder_files_max = 1;
  folder.write("a.ndjson", call_record(1) + "\n");
  folder.write("b.ndjson", call_record(2) + "\n");
  folder.pass();
  CHECK(folder.stored.size() == 1);
  CHECK(folder.rest.problem.contains("请移走已处理的"));
  folder.files.erase("in/a.ndjson");
  folder.pass();
  CHECK(folder.stored.size() == 2);
  CHECK(folder.rest.problem.empty());
}

TEST_CASE("However many names a folder with too many files has had, the cursor has an end") {
  WatchedFolder folder;
  folder.desk.settings.folder_files_max = 2;
  for (int day = 0; day < 20; ++day) {
    folder.files.clear();
    for (int i = 0; i < 3; ++i)
      folder.write(std::to_string(day) + "-" + std::to_string(i) + ".ndjson",
                   call_record(day) + "\n");
    folder.pass();
    CHECK(hotline::read_cursor(folder.cursor).size() <= 6);
  }
  CHECK(folder.stored.size() == 20);
}

TEST_CASE("A cursor reads back as it was written, and anything else as none") {
  hotline::FolderCursor cursor;
  cursor[hotline::file_key("a.ndjson")] = {.offset = 5,
                                           .line = 2,
                                           .rejected = 9,
                                           .digest = "digest",
                                           .changed_at = schema::Instant(schema::Milliseconds(7)),
                                           .passed_over = hotline::PassedOver::line,
                                           .is_settled = true};
  CHECK(hotline::read_cursor(hotline::write_cursor(cursor)) == cursor);
  cursor.begin()->second.rejected.reset();
  cursor.begin()->second.passed_over = hotline::PassedOver::file;
  CHECK(hotline::read_cursor(hotline::write_cursor(cursor)) == cursor);
  for (const char* text : {"", "{}", "[1]", R"({"version":2,"files":{"a":[1]}})",
                           R"({"version":2,"files":{"a":[-1,0,0,"",0,0,true]}})",
                           R"({"version":2,"files":{"a":[1,0,-1,"",0,0,true]}})",
                           R"({"version":2,"files":{"a":[1,0,0,"",0,3,true]}})",
                           R"({"version":1,"files":{"a":[1,0,0,"",0,0,true]}})"})
    CHECK(hotline::read_cursor(text).empty());
}

TEST_CASE("A desk without a folder is not polled") {
  HotlineDesk desk;
  CHECK(hotline::open_poll(desk.settings, desk.installation()) == nullptr);
}
