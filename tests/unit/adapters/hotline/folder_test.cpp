#include "adapters/hotline/folder_cursor.hpp"
#include "adapters/hotline/folder_piece.hpp"
#include "tests/unit/adapters/hotline/hotline_desk.hpp"

#include <doctest/doctest.h>

#include <map>

namespace adapters = qnzs::adapters;
namespace hotline = qnzs::adapters::hotline;
namespace schema = qnzs::schema;
using qnzs::tests::HotlineDesk;

namespace {

std::string record(int number) {
  return R"({"record_no":")" + std::to_string(number) +
         R"(","call":{"started_at":"2026-11-24T08:00:00+08:00"}})";
}

// The host's side in memory: files, a journal that may refuse, and a clock.
struct Folder {
  HotlineDesk desk;
  std::map<std::string, std::string> files;
  std::map<std::string, schema::Instant> changed_at;
  std::map<std::string, int> stored;  // message id → times that it was appended
  std::string cursor;
  schema::Instant now{std::chrono::seconds(1'700'000'000)};
  std::vector<schema::DeadLetter> dead_letters;
  std::size_t appends = 0;
  int steps_left = -1;  // then the host dies; negative = never
  bool is_journal_full = false, is_write_refused = false;
  adapters::Rest rest;

  Folder() { desk.settings.folder = "in"; }

  void write(const std::string& name, const std::string& bytes) {
    files["in/" + name] = bytes;
    changed_at["in/" + name] = now;
  }

  void pass() {
    const auto installation = desk.installation();
    const auto poll = hotline::open_poll(desk.settings, installation);
    const auto pass = poll->begin(cursor);
    adapters::PollResult result = adapters::Begun{};
    while (steps_left != 0) {
      if (steps_left > 0) --steps_left;
      auto step = pass->resume(std::move(result), now);
      if (auto* over = std::get_if<adapters::Rest>(&step)) {
        rest = *over;
        return;
      }
      result = std::visit([this](auto& call) { return answer(call); }, step);
    }
  }

  // Kilobytes of life: as many passes as it takes.
  void settle() {
    steps_left = -1;
    now += std::chrono::seconds(10);
    for (int i = 0; i < 3; ++i) pass();
  }

 private:
  adapters::PollResult answer(const adapters::ListFolder& call) {
    adapters::Listed listed;
    for (const auto& [path, bytes] : files) {
      if (path.ends_with(call.suffix))
        listed.files.push_back({path.substr(3), bytes.size(), changed_at[path]});
    }
    listed.is_cut = listed.files.size() > call.files_max;
    if (listed.is_cut) listed.files.resize(call.files_max);
    return listed;
  }
  adapters::PollResult answer(const adapters::ReadFile& call) {
    const auto& bytes = files.at(call.path);
    return adapters::FileBytes{
        call.offset > bytes.size() ? "" : bytes.substr(call.offset, call.bytes_max)};
  }
  adapters::PollResult answer(const adapters::WriteFile& call) {
    if (is_write_refused) return schema::Error{schema::Fault::storage, "no"};
    auto& bytes = files[call.path];
    bytes.resize(std::min<std::size_t>(bytes.size(), call.offset));
    bytes += call.bytes;
    return adapters::Written{bytes.size()};
  }
  adapters::PollResult answer(adapters::StorePolled& call) {
    if (is_journal_full) return schema::Error{schema::Fault::busy, "full"};
    for (const auto& message : call.messages) ++stored[message.id.hex()];
    for (auto& letter : call.dead_letters) dead_letters.push_back(std::move(letter));
    cursor = call.cursor;
    ++appends;
    return adapters::Stored{};
  }
  adapters::PollResult answer(const adapters::Rest&) { return adapters::Begun{}; }
};

}  // namespace

TEST_CASE("Whole lines of a file become messages at once, and nothing twice") {
  Folder folder;
  folder.write("a.ndjson", record(1) + "\n" + record(2) + "\r\n");
  folder.write("a.txt", record(3) + "\n");
  folder.pass();
  CHECK(folder.stored.size() == 2);
  CHECK(folder.appends == 1);
  folder.pass();
  CHECK(folder.appends == 1);
}

TEST_CASE("A half-written line waits, and is taken whole when it has come") {
  Folder folder;
  folder.write("a.ndjson", record(1) + "\n" + record(2).substr(0, 20));
  folder.settle();
  CHECK(folder.stored.size() == 1);
  CHECK(folder.rest.waiting == 1);
  CHECK_FALSE(folder.files.contains("in/a.ndjson.rejected"));
  folder.write("a.ndjson", record(1) + "\n" + record(2) + "\n");
  folder.pass();
  CHECK(folder.stored.size() == 2);
  CHECK(folder.rest.waiting == 0);
}

TEST_CASE("A last line without its line break is taken once the file rests") {
  Folder folder;
  folder.write("a.ndjson", record(1));
  folder.pass();
  CHECK(folder.stored.empty());
  folder.now += std::chrono::milliseconds(folder.desk.settings.settle_ms);
  folder.pass();
  CHECK(folder.stored.size() == 1);
  folder.write("a.ndjson", record(1) + "\n" + "bad\n");
  folder.pass();
  CHECK(folder.stored.size() == 1);
  CHECK(folder.files["in/a.ndjson.rejected"].contains("第 2 行"));
}

TEST_CASE("Space that a copy has not filled yet waits") {
  Folder folder;
  const auto text = record(1) + "\n" + record(2) + "\n";
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

TEST_CASE(
    "A bad line goes beside the file with its number and reasons, and comments are passed over") {
  Folder folder;
  folder.write("a.ndjson", record(1) + "\n{\"record_no\":\"2\"}\n\nnonsense\n" + record(3) + "\n");
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

TEST_CASE("The same file renamed, copied anew or written over makes nothing new") {
  Folder folder;
  const auto text = record(1) + "\n" + record(2) + "\n";
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
  Folder folder;
  folder.write("a.ndjson", record(1) + "\n");
  folder.pass();
  folder.write("a.ndjson", record(2) + "\n" + record(3) + "\n");
  folder.pass();
  CHECK(folder.stored.size() == 3);
  folder.write("a.ndjson", record(4) + "\n");
  folder.pass();
  CHECK(folder.stored.size() == 4);
}

TEST_CASE("Killed at any step, nothing is lost and nothing refused is told twice") {
  const auto text = record(1) + "\nbad\n" + record(2) + "\nbad too\n" + record(3) + "\n";
  std::string told;
  for (int steps = 0; steps < 24; ++steps) {
    Folder folder;
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

TEST_CASE("While the journal refuses the poll waits, and loses nothing") {
  Folder folder;
  folder.write("a.ndjson", record(1) + "\nbad\n");
  folder.is_journal_full = true;
  folder.pass();
  CHECK(folder.stored.empty());
  folder.is_journal_full = false;
  folder.pass();
  CHECK(folder.stored.size() == 1);
  CHECK(folder.files.at("in/a.ndjson.rejected").find("第 2 行") != std::string::npos);
}

TEST_CASE("When the folder cannot be written bad lines become dead letters and good ones go in") {
  Folder folder;
  folder.is_write_refused = true;
  folder.write("a.ndjson", "bad\n" + record(1) + "\n");
  folder.pass();
  CHECK(folder.stored.size() == 1);
  REQUIRE(folder.dead_letters.size() == 1);
  CHECK(folder.dead_letters[0].reason == "record_refused");
  CHECK(folder.dead_letters[0].payload == "bad");
  CHECK(folder.rest.problem.contains("死信"));
}

TEST_CASE("Then lines that are too long become dead letters too, as far as they were read") {
  Folder folder;
  folder.is_write_refused = true;
  folder.desk.settings.line_bytes_max = 1024;
  folder.write("a.ndjson", std::string(2000, 'x') + "\n" + record(1) + "\n" +
                               std::string(900'000, 'y') + "\n" + record(2) + "\n");
  folder.settle();
  CHECK(folder.stored.size() == 2);
  REQUIRE(folder.dead_letters.size() == 2);
  CHECK(folder.dead_letters[0].reason == "line_too_long");
  CHECK(folder.dead_letters[0].payload == std::string(2000, 'x'));
  CHECK(folder.dead_letters[1].payload_bytes > 100'000);
  CHECK(folder.dead_letters[1].payload.starts_with("yyy"));
}

TEST_CASE("A line that is too long is refused without being held, and what follows is read") {
  Folder folder;
  folder.desk.settings.line_bytes_max = 1024;
  folder.write("a.ndjson", std::string(900'000, 'x') + "\n" + record(1) + "\n");
  folder.pass();
  CHECK(folder.stored.size() == 1);
  const auto rejected = folder.files.at("in/a.ndjson.rejected");
  CHECK(rejected == "# 第 1 行:超过 1024 字节,原文未抄录\n");
}

TEST_CASE("More files than the limit are told, and those within it are read") {
  Folder folder;
  folder.desk.settings.folder_files_max = 1;
  folder.write("a.ndjson", record(1) + "\n");
  folder.write("b.ndjson", record(2) + "\n");
  folder.pass();
  CHECK(folder.stored.size() == 1);
  CHECK(folder.rest.problem.contains("请移走已处理的"));
  folder.files.erase("in/a.ndjson");
  folder.pass();
  CHECK(folder.stored.size() == 2);
  CHECK(folder.rest.problem.empty());
}

TEST_CASE("A cursor reads back as it was written, and anything else as none") {
  hotline::FolderCursor cursor;
  cursor[hotline::file_key("a.ndjson")] = {.offset = 5,
                                           .line = 2,
                                           .rejected = 9,
                                           .tail = hotline::tail_of("tail"),
                                           .changed_at = schema::Instant(schema::Milliseconds(7)),
                                           .is_in_long_line = true};
  CHECK(hotline::read_cursor(hotline::write_cursor(cursor)) == cursor);
  for (const char* text :
       {"", "{}", "[1]", R"({"files":{"a":[1]}})", R"({"files":{"a":[-1,0,0,"",0,false]}})"})
    CHECK(hotline::read_cursor(text).empty());
}

TEST_CASE("A desk without a folder is not polled") {
  HotlineDesk desk;
  CHECK(hotline::open_poll(desk.settings, desk.installation()) == nullptr);
}
