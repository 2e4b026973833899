#include "gateway/ingest/poll_host.hpp"

#include "gateway/ingest/poll_files.hpp"
#include "tests/support/test_message.hpp"
#include "tests/unit/gateway/ingest/journal_support.hpp"

#include <doctest/doctest.h>

#include <array>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <sys/stat.h>

namespace adapters = qnzs::adapters;
namespace ingest = qnzs::ingest;
namespace schema = qnzs::schema;
using qnzs::ingest::test::eventually;
using qnzs::ingest::test::Folder;
using qnzs::test::identity;
using qnzs::test::message;
using qnzs::test::site;

namespace {

void write(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Reads one file whole; its cursor is how many passes have been stored. Throws when that is "bug".
class TestPass final : public adapters::PollPass {
 public:
  TestPass(std::string path, std::string_view cursor)
      : path_(std::move(path)), cursor_(cursor.empty() ? 0 : std::stoi(std::string(cursor))) {}
  adapters::PollStep resume(adapters::PollResult result, schema::Instant) override {
    if (std::holds_alternative<adapters::Begun>(result))
      return adapters::ReadFile{.path = path_, .offset = 0, .bytes_max = 100};
    if (const auto* error = std::get_if<schema::Error>(&result))
      return adapters::Rest{.waiting = 0, .problem = "请看 " + error->reason};
    if (const auto* read = std::get_if<adapters::FileBytes>(&result)) {
      if (read->bytes == "bug") throw std::logic_error("a bug");
      if (read->bytes == "note") note_ = "有两个没有读";
      adapters::StorePolled store;
      store.messages.push_back(message(read->bytes + std::to_string(cursor_)));
      store.cursor = std::to_string(cursor_ + 1);
      store.refused = 2;
      return store;
    }
    return adapters::Rest{.waiting = 3, .unread = 2, .note = note_, .problem = ""};
  }

 private:
  std::string path_, note_;
  int cursor_;
};

class TestPoll final : public adapters::Poll {
 public:
  explicit TestPoll(std::string path) : path_(std::move(path)) {}
  std::unique_ptr<adapters::PollPass> begin(std::string_view cursor) const override {
    return std::make_unique<TestPass>(path_, cursor);
  }
  std::chrono::milliseconds interval() const override { return std::chrono::milliseconds(10); }

 private:
  std::string path_;
};

// An account for each path: a, b, …
std::unique_ptr<ingest::PollHost> host_on(ingest::Journal& journal,
                                          const std::vector<std::string>& paths,
                                          qnzs::runtime::Metrics& metrics) {
  std::vector<ingest::PollRoute> routes(paths.size());
  for (std::size_t i = 0; i < paths.size(); ++i) {
    routes[i].channel = "test";
    routes[i].account = std::string(1, static_cast<char>('a' + i));
    routes[i].site = site();
    routes[i].poll = std::make_unique<TestPoll>(paths[i]);
  }
  return std::make_unique<ingest::PollHost>(std::move(routes), journal, identity(), 1024, metrics);
}

}  // namespace

TEST_CASE("Messages and cursor are stored together, and the next host goes on from there") {
  Folder folder;
  write(folder.file("in"), "x");
  std::uint64_t entries = 0;
  {
    const auto journal = ingest::test::open(ingest::test::settings(folder.file()));
    qnzs::runtime::Metrics metrics;
    const auto host = host_on(*journal, {folder.file("in")}, metrics);
    host->start();
    CHECK(eventually([&] { return journal->status().sums.entries >= 3; }));
    const std::string waiting = "qnzs_poll_waiting{account=\"a\",channel=\"test\"} ";
    CHECK(eventually([&] { return metrics.exposition().contains(waiting + "3"); }));
    host->stop();
    CHECK(metrics.exposition().contains(waiting + "0"));  // nobody looks any more
    entries = journal->status().sums.entries;
    CHECK(*journal->state("test/a/poll") == std::to_string(entries));
    CHECK(metrics.exposition().contains("outcome=\"refused\"} " + std::to_string(2 * entries)));
    CHECK(host->explanation().empty());
  }
  const auto journal = ingest::test::open(ingest::test::settings(folder.file()));
  qnzs::runtime::Metrics metrics;
  const auto host = host_on(*journal, {folder.file("in")}, metrics);
  host->start();
  CHECK(eventually([&] { return journal->status().sums.entries > entries; }));
  host->stop();
  CHECK(journal->status().sums.repeated == 0);  // none was asked for a second time
}

TEST_CASE("What a person should look after is explained until it is mended") {
  Folder folder;
  const auto journal = ingest::test::open(ingest::test::settings(folder.file()));
  qnzs::runtime::Metrics metrics;
  const auto host = host_on(*journal, {folder.file("in")}, metrics);
  host->start();
  const std::string troubled = "qnzs_poll_troubled{account=\"a\",channel=\"test\"} ";
  CHECK(eventually([&] { return host->explanation().contains("请看"); }));
  CHECK(eventually([&] { return metrics.exposition().contains(troubled + "1"); }));
  write(folder.file("in"), "x");
  CHECK(eventually([&] { return host->explanation().empty(); }));
  CHECK(eventually([&] { return metrics.exposition().contains(troubled + "0"); }));
  std::filesystem::remove(folder.file("in"));
  CHECK(eventually([&] { return metrics.exposition().contains(troubled + "1"); }));
  host->stop();
  CHECK(metrics.exposition().contains(troubled + "0"));  // nobody would ever take it back
}

TEST_CASE("What a poll leaves as it is is told, though nothing is troubled") {
  Folder folder;
  write(folder.file("in"), "note");
  const auto journal = ingest::test::open(ingest::test::settings(folder.file()));
  qnzs::runtime::Metrics metrics;
  const auto host = host_on(*journal, {folder.file("in")}, metrics);
  host->start();
  const std::string unread = "qnzs_poll_unread{account=\"a\",channel=\"test\"} ";
  CHECK(eventually([&] { return host->explanation() == "有两个没有读"; }));
  CHECK(metrics.exposition().contains(unread + "2"));
  CHECK(metrics.exposition().contains(R"(qnzs_poll_troubled{account="a",channel="test"} 0)"));
  write(folder.file("in"), "x");
  CHECK(eventually([&] { return host->explanation().empty(); }));
  host->stop();
  CHECK(metrics.exposition().contains(unread + "0"));  // nobody looks any more
}

TEST_CASE("What one account leaves hides no other account's trouble") {
  Folder folder;
  write(folder.file("in"), "note");
  const auto journal = ingest::test::open(ingest::test::settings(folder.file()));
  qnzs::runtime::Metrics metrics;
  const auto host = host_on(*journal, {folder.file("in"), folder.file("none")}, metrics);
  host->start();
  CHECK(eventually([&] {
    const auto text = host->explanation();
    return text.starts_with("请看") && text.ends_with(";有两个没有读");
  }));
  host->stop();
}

TEST_CASE("A bug of an adapter ends its pass and is explained, and the next pass goes on") {
  Folder folder;
  write(folder.file("in"), "x");
  const auto journal = ingest::test::open(ingest::test::settings(folder.file()));
  qnzs::runtime::Metrics metrics;
  const auto host = host_on(*journal, {folder.file("in")}, metrics);
  host->start();
  CHECK(eventually([&] { return journal->status().sums.entries > 0; }));
  write(folder.file("in"), "bug");
  CHECK(eventually([&] { return host->explanation().contains("a bug"); }));
  const auto before = journal->status().sums.entries;
  write(folder.file("in"), "y");
  CHECK(eventually([&] { return journal->status().sums.entries > before; }));
  CHECK(eventually([&] { return host->explanation().empty(); }));
  host->stop();
  CHECK(*journal->state("test/a/poll") == std::to_string(journal->status().sums.entries));
}

TEST_CASE("A folder lists its regular files by name, and neither links nor pipes nor hidden ones") {
  Folder folder;
  const auto in = folder.file("in");
  std::filesystem::create_directory(in);
  write(in + "/b.x", "12");
  write(in + "/a.x", "1");
  write(in + "/.c.x", "1");
  write(in + "/d.y", "1");
  std::filesystem::create_symlink(in + "/a.x", in + "/e.x");
  std::filesystem::create_directory(in + "/f.x");
  mkfifo((in + "/g.x").c_str(), 0600);
  const auto listed = ingest::list_folder({.folder = in, .suffix = ".x", .files_max = 2});
  REQUIRE(listed);
  REQUIRE(listed->files.size() == 2);
  CHECK(listed->files[0].name == "a.x");
  CHECK(listed->files[1].name == "b.x");
  CHECK(listed->files[1].bytes == 2);
  CHECK_FALSE(listed->is_cut);
  CHECK(listed->others == 3);  // d.y, e.x, g.x: no folder, no hidden one
  CHECK(listed->other == "d.y");
  CHECK(ingest::list_folder({.folder = in, .suffix = ".x", .files_max = 1})->is_cut);
  std::filesystem::last_write_time(
      in + "/b.x", std::filesystem::last_write_time(in + "/a.x") + std::chrono::seconds(1));
  CHECK(ingest::list_folder({.folder = in, .suffix = ".x", .files_max = 1})->files[0].name ==
        "b.x");  // what is new comes first
  const auto others = [&](const std::string& own_suffix, std::chrono::milliseconds rest) {
    return ingest::list_folder({.folder = in,
                                .suffix = ".x",
                                .own_suffix = own_suffix,
                                .files_max = 9,
                                .other_rest = rest});
  };
  CHECK(others(".y", {})->others == 2);
  CHECK(others(".y", {})->other == "e.x");
  CHECK(others("", std::chrono::minutes(1))->others == 0);
  for (const auto away : {-2, 2}) {
    std::filesystem::last_write_time(
        in + "/d.y", std::filesystem::file_time_type::clock::now() + std::chrono::minutes(away));
    CHECK(others("", std::chrono::minutes(1))->other == "d.y");
  }
  write(in + "/H.X", "1");
  const timespec far{.tv_sec = std::int64_t{1} << 34, .tv_nsec = 1};  // after 2262
  const std::array<timespec, 2> times{far, far};
  REQUIRE(::utimensat(AT_FDCWD, (in + "/H.X").c_str(), times.data(), 0) == 0);
  CHECK(ingest::list_folder({.folder = in, .suffix = ".x", .files_max = 9})->files.size() == 3);
  CHECK_FALSE(ingest::list_folder({.folder = in + "/none", .suffix = "", .files_max = 1}));
  CHECK_FALSE(ingest::read_file({.path = in + "/e.x", .offset = 0, .bytes_max = 1}));
  CHECK_FALSE(ingest::read_file({.path = in + "/g.x", .offset = 0, .bytes_max = 1}));
  CHECK(ingest::read_file({.path = in + "/b.x", .offset = 1, .bytes_max = 9})->bytes == "2");
}

TEST_CASE("Writing at an offset cuts what stood behind and may be done again") {
  Folder folder;
  const auto path = folder.file("a.rejected");
  CHECK(ingest::write_file({.path = path, .offset = 0, .bytes = "one\n"})->end == 4);
  CHECK(ingest::write_file({.path = path, .offset = 4, .bytes = "two\n"})->end == 8);
  CHECK(ingest::write_file({.path = path, .offset = 4, .bytes = "two\n"})->end == 8);
  CHECK(contents(path) == "one\ntwo\n");
  CHECK(ingest::write_file({.path = path, .offset = 99, .bytes = "x"})->end == 9);
  std::filesystem::create_symlink(folder.file("target"), folder.file("link"));
  CHECK_FALSE(ingest::write_file({.path = folder.file("link"), .offset = 0, .bytes = "x"}));
  CHECK_FALSE(std::filesystem::exists(folder.file("target")));
}
