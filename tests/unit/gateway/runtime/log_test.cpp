#include "gateway/runtime/log.hpp"

#include "schema/json.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>
#include <vector>

using qnzs::runtime::flush_log;
using qnzs::runtime::log;
using qnzs::runtime::set_log_level;
using qnzs::schema::Severity;
namespace json = qnzs::schema::json;

namespace {

// Standard error goes to a file while this lives.
class CapturedLog {
 public:
  CapturedLog()
      : path_(std::filesystem::temp_directory_path() / ("qnzs-log-" + std::to_string(::getpid()))) {
    flush_log();
    saved_ = ::dup(STDERR_FILENO);
    const int file = ::open(path_.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
    ::dup2(file, STDERR_FILENO);
    ::close(file);
  }
  ~CapturedLog() {
    restore();
    std::filesystem::remove(path_);
  }
  std::vector<std::string> lines() {
    flush_log();
    restore();
    std::ifstream in(path_);
    std::vector<std::string> all;
    for (std::string line; std::getline(in, line);) all.push_back(line);
    return all;
  }

 private:
  void restore() {
    if (saved_ < 0) return;
    ::dup2(saved_, STDERR_FILENO);
    ::close(saved_);
    saved_ = -1;
  }
  std::filesystem::path path_;
  int saved_ = -1;
};

}  // namespace

TEST_CASE("a log line is one JSON object with time, level and event first") {
  CapturedLog captured;
  log(Severity::warning, "kafka_away",
      {{"attempts", 3}, {"seconds", 1.5}, {"said", "a\"b\n"}, {"ok", false}});
  const auto lines = captured.lines();
  REQUIRE(lines.size() == 1);
  const auto parsed = json::parse(lines[0]);
  REQUIRE(parsed.has_value());
  const auto& members = *parsed->object();
  CHECK(members[0].first == "time");
  CHECK(members[1] == json::Member{"level", "warning"});
  CHECK(members[2] == json::Member{"event", "kafka_away"});
  CHECK(*parsed->find("attempts")->integer() == 3);
  CHECK(*parsed->find("said")->text() == "a\"b\n");
  CHECK(*parsed->find("ok")->boolean() == false);
}

TEST_CASE("bytes that are not UTF-8 never break a log line") {
  CapturedLog captured;
  log(Severity::error, "odd", {{"text", std::string("\xff\xfe")}});
  const auto lines = captured.lines();
  REQUIRE(lines.size() == 1);
  CHECK(json::parse(lines[0]).has_value());
}

TEST_CASE("lines below the level are not written") {
  CapturedLog captured;
  set_log_level("error");
  log(Severity::warning, "quiet");
  log(Severity::error, "loud");
  set_log_level("info");
  log(Severity::debug, "quiet too");
  const auto lines = captured.lines();
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].find("loud") != std::string::npos);
}

TEST_CASE("a flood of one error is one line and a count, and no other error is lost by it") {
  CapturedLog captured;
  for (int i = 0; i < 100; ++i) {
    log(Severity::error, "refused", {{"fault", "storage"}, {"reason", "disk full"}, {"n", i}});
    log(Severity::error, "record_refused", {{"message_id", i}, {"reason", "too large"}});
    log(Severity::error, "refused", {{"reason", "kind " + std::to_string(i)}});
  }
  std::size_t same = 0, named = 0, different = 0;
  std::int64_t left_out = 0;
  for (const auto& line : captured.lines()) {
    const auto parsed = json::parse(line);
    REQUIRE(parsed);
    same += line.contains("disk full") && line.contains("\"n\"") ? 1 : 0;
    named += line.contains("record_refused") ? 1 : 0;
    different += line.contains("\"kind ") ? 1 : 0;
    if (line.contains("errors_left_out")) left_out += *parsed->find("count")->integer();
  }
  CHECK(same == 1);
  CHECK(left_out == 99);
  CHECK(named == 100);
  CHECK(different == 100);
}

TEST_CASE("a flood of one event is cut, but errors that name a message never are") {
  CapturedLog captured;
  for (int i = 0; i < 500; ++i) log(Severity::info, "flood");
  for (int i = 0; i < 100; ++i) log(Severity::error, "grave", {{"message_id", i}});
  const auto lines = captured.lines();
  std::size_t floods = 0;
  std::size_t graves = 0;
  for (const auto& line : lines) {
    floods += line.find("\"flood\"") != std::string::npos ? 1 : 0;
    graves += line.find("\"grave\"") != std::string::npos ? 1 : 0;
  }
  CHECK(floods >= 20);
  CHECK(floods <= 60);  // a second or two may pass on a busy machine
  CHECK(graves == 100);
}
