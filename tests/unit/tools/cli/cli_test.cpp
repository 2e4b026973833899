#include "schema/json.hpp"
#include "tests/unit/tools/cli/cli_run.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <sys/stat.h>

using qnzs::tests::contents;
using qnzs::tests::fixture_config;
using qnzs::tests::Run;
using qnzs::tests::TemporaryFolder;

namespace {

std::string fixture(const std::string& name) {
  return QNZS_SOURCE_DIR "/tests/fixtures/wechat/" + name;
}

// The lines below that title, without their indent.
std::vector<std::string> lines_below(const std::string& title, const std::string& help) {
  std::vector<std::string> found;
  const auto start = help.find("\n" + title + "\n");
  if (start == std::string::npos) return found;
  std::istringstream lines(help.substr(start + title.size() + 2));
  for (std::string line; std::getline(lines, line) && line.starts_with("  ");)
    found.push_back(line.substr(2));
  return found;
}

std::vector<std::string> examples_in(const std::string& help) {
  return lines_below("例子:", help);
}

// The commands that a help lists.
std::vector<std::string> commands_in(const std::string& help) {
  auto names = lines_below("命令:", help);
  for (auto& name : names) name.resize(name.find(' '));
  return names;
}

}  // namespace

TEST_CASE("Every command of the tree explains itself in Chinese, with examples of its own") {
  std::size_t count = 0;
  for (std::vector<std::vector<std::string>> waiting{{}}; !waiting.empty(); ++count) {
    const auto command = waiting.back();
    waiting.pop_back();
    auto arguments = command;
    arguments.emplace_back("--help");
    const Run run(arguments);
    const auto help = run.out.str();
    INFO(help);
    CHECK(run.code == 0);
    auto path = std::string("qnzs");
    for (const auto& name : command) path += " " + name;
    const auto examples = examples_in(help);
    CHECK_FALSE(examples.empty());
    for (const auto& example : examples) CHECK((example + " ").starts_with(path + " "));
    for (const char* english : {"Usage", "Options", "Print this", "REQUIRED", "Subcommands",
                                "Excludes", "Needs", "following"})
      CHECK_FALSE(help.contains(english));
    if (commands_in(help).empty()) CHECK(help.contains("退出码:0 "));
    for (const auto& name : commands_in(help)) {
      waiting.push_back(command);
      waiting.back().push_back(name);
    }
  }
  CHECK(count >= 15);
}

TEST_CASE("A wrong command line is told in Chinese, with the option and the help to read") {
  const auto said = [](const std::vector<std::string>& arguments) {
    const Run run(arguments);
    CHECK(run.code == 64);
    for (const char* english :
         {"required", "expected", "subcommand", "Run with", "range", "missing"})
      CHECK_MESSAGE(!run.err.str().contains(english), run.err.str());
    return run.err.str();
  };
  const std::vector<std::string> send{"send", "wechat", "--config", "c", "--account", "a"};
  const auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), send.begin(), send.end());
    return said(more);
  };
  CHECK(said({}).starts_with("qnzs 之后还要一个命令: check config"));
  CHECK(said({"nonsense"}).starts_with("没有 nonsense 这个命令;qnzs 之后可用: check"));
  CHECK(said({"journal", "foo"}).contains("没有 foo 这个命令;qnzs journal 之后可用: counts"));
  CHECK(said({"check"}) == "缺少 CONFIG\n用法与例子:qnzs check --help\n");
  CHECK(said({"send", "wechat"}).starts_with("缺少 --config\n"));
  CHECK(said({"check", "a", "b"}).starts_with("不认识或多余的参数:b\n"));
  CHECK(said({"tail", "--bootstrap"}).starts_with("--bootstrap 后面缺少它的值\n"));
  CHECK(said({"tail", "--to-end"}).starts_with("--to-end 须与 --from-beginning 同时给出\n"));
  CHECK(said({"tail", "--bootstrap", "garbage"})
            .starts_with("--bootstrap 的值不对,应为 主机:端口,如 127.0.0.1:9092\n"));
  CHECK(said({"reload"}).starts_with("缺少 --config(或--admin)\n"));
  CHECK(said({"reload", "--config", "a", "--admin", "127.0.0.1:1"})
            .contains("--config 与 --admin 只能给一个\n"));
  CHECK(
      said({"reload", "--admin", "garbage:x"}).starts_with("--admin 的值不对,应如 127.0.0.1:9464"));
  CHECK(said({"journal", "list", "--config", "c", "--after", "-1"})
            .starts_with("--after 的值不对,应为 0 或更大的整数\n"));
  CHECK(said({"tail", "--count", "-1"}).starts_with("--count 的值不对,应在 1 到 1000000000 之间"));
  CHECK(with({"--count", "x"}).contains("--count 的值不对,应在 1 到 100000000 之间"));
  CHECK(with({"--type", "foo"}).contains("--type 的值不对,只能是 text,image,"));
}

TEST_CASE("A time for normalising that is none is refused, not taken for 1970") {
  const Run run({"normalise", "--config", fixture_config(), "--channel", "wechat", "--account",
                 "safe", "--at", "garbage", fixture("text.http")});
  CHECK(run.code == 64);
  CHECK(run.err.str().contains("RFC 3339"));
  CHECK(run.out.str().empty());
}

TEST_CASE(
    "Checking a good configuration names its accounts, a bad one all problems and no secret") {
  const Run good({"check", fixture_config()});
  CHECK(good.code == 0);
  CHECK(good.out.str().contains("/wechat/safe"));
  TemporaryFolder folder;
  std::ofstream(folder.file("bad.toml")) << "[installation]\nidentity_key = \"PLANTED\"\n[x]\n";
  const Run bad({"check", folder.file("bad.toml")});
  CHECK(bad.code == 78);
  CHECK(bad.err.str().contains("bad.toml:2:16: installation.identity_key"));
  CHECK(bad.err.str().contains("x: 没有这一段"));
  CHECK_FALSE(bad.err.str().contains("PLANTED"));
}

TEST_CASE("A configuration that is no file is refused, not waited for") {
  TemporaryFolder folder;
  REQUIRE(mkfifo(folder.file("pipe").c_str(), 0600) == 0);
  const Run run({"check", folder.file("pipe")});
  CHECK(run.code == 78);
  CHECK(run.err.str().contains("不是普通文件"));
}

TEST_CASE("Output that could not be written is an error, whatever the command") {
  for (const auto& command : std::vector<std::vector<std::string>>{
           {"config", "reference"}, {"--help"}, {"check", fixture_config()}, {"completion"}}) {
    std::ofstream full("/dev/full");
    std::ostringstream err;
    CHECK(qnzs::cli::run(command, full, err) == 1);
    CHECK(err.str().contains("输出没有写全"));
  }
}

TEST_CASE("Normalising a request prints exactly what would be published") {
  const Run run({"normalise", "--config", fixture_config(), "--channel", "wechat", "--account",
                 "safe", "--at", "2023-11-15T06:13:21.234+08:00", fixture("text.http")});
  REQUIRE_MESSAGE(run.code == 0, run.err.str());
  const auto printed = qnzs::schema::json::parse(run.out.str());
  REQUIRE(printed);
  const auto golden = qnzs::schema::json::parse(contents(fixture("text.golden.json")));
  CHECK(*printed->find("value") == golden->array()->at(0));
  CHECK(*printed->find("topic")->text() == "qnzs.messages.v1");
  CHECK(*printed->find("headers")->find("ce_id") == *printed->find("value")->find("id"));
}

TEST_CASE("Normalising what the gateway would refuse says why, with its status") {
  const Run run({"normalise", "--config", fixture_config(), "--channel", "wechat", "--account",
                 "safe", fixture("plain_text.http")});
  CHECK(run.code == 1);
  CHECK(run.err.str().contains("403"));
}

TEST_CASE("Normalising a call record prints the message that its golden file holds") {
  const auto folder = std::string(QNZS_SOURCE_DIR "/tests/fixtures/hotline/");
  const Run run({"normalise", "--config", fixture_config(), "--channel", "hotline", "--account",
                 "desk", "--at", "2023-11-15T06:13:21.234+08:00", folder + "call.http"});
  REQUIRE_MESSAGE(run.code == 0, run.err.str());
  const auto printed = qnzs::schema::json::parse(run.out.str());
  const auto golden = qnzs::schema::json::parse(contents(folder + "call.golden.json"));
  CHECK(*printed->find("value") == golden->array()->at(0));
}

TEST_CASE("Normalising says what the gateway's door would say, and what was not looked at") {
  TemporaryFolder folder;
  const auto said = [&](const std::string& bytes) {
    std::ofstream(folder.file("r.http"), std::ios::binary) << bytes;
    const Run run({"normalise", "--config", fixture_config(), "--channel", "wechat", "--account",
                   "safe", "--at", "2023-11-15T06:13:21.234+08:00", folder.file("r.http")});
    return std::to_string(run.code) + " " + run.err.str();
  };
  const auto good = contents(fixture("text.http"));
  CHECK(said(good) == "0 ");
  CHECK(said(good + good) == "0 注意:文件里这个请求之后还有内容,没有看\n");
  auto elsewhere = good;
  elsewhere.replace(elsewhere.find("/wechat/safe"), 12, "/wechat/else");
  CHECK(said(elsewhere).starts_with("0 注意:请求的路径不是 /wechat/safe"));
  CHECK(said("PUT /wechat/safe HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n")
            .starts_with("1 网关会拒绝它:405"));
}

TEST_CASE("A file that is no whole request is told with what is wrong with it") {
  TemporaryFolder folder;
  const auto said = [&](const std::string& path, int code) {
    const Run run({"normalise", "--config", fixture_config(), "--channel", "wechat", "--account",
                   "safe", path});
    CHECK(run.code == code);
    return run.err.str();
  };
  const auto said_of = [&](const std::string& bytes) {
    std::ofstream(folder.file("r.http"), std::ios::binary) << bytes;
    return said(folder.file("r.http"), 1);
  };
  const std::string start = "不是一个完整的 HTTP 请求:";
  CHECK(said_of("") == start + "文件是空的\n");
  CHECK(said_of("POST /wechat/safe HTTP/1.1\r\nHo").starts_with(start + "文件在请求头之后"));
  CHECK(said_of("POST /wechat/safe HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc")
            .starts_with(start + "正文比 Content-Length 短"));
  CHECK(said_of("POST /wechat/safe HTTP/1.1\nHost: x\n\n").starts_with(start + "行尾应为 CRLF"));
  CHECK(said_of("hello world\r\n\r\n").starts_with(start + "网关会答 400"));
  CHECK(said(folder.path(), 78).starts_with("文件读不了,应是一个原样保存的 HTTP 请求:"));
  CHECK(said(folder.file("none"), 78).starts_with("文件读不了"));
}

TEST_CASE("Tailing a Kafka that is away ends in its time with code 69 and no line of the client") {
  const auto begin = std::chrono::steady_clock::now();
  const Run run({"tail", "--bootstrap", "127.0.0.1:1", "--timeout", "1"});
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(4));
  CHECK(run.code == 69);
  CHECK(run.err.str().starts_with("读不到主题 qnzs.messages.v1:Kafka 连不上"));
  CHECK(run.err.str().contains("kafka.bootstrap_servers"));
}

TEST_CASE("The completion script is sound and completes") {
  const Run run({"completion"});
  TemporaryFolder folder;
  std::ofstream(folder.file("c.sh"))
      << run.out.str()
      << "COMP_WORDS=(qnzs journal ''); COMP_CWORD=2; _qnzs\n"
         "[[ \" ${COMPREPLY[*]} \" == *' verify '* ]] || exit 1\n"
         "COMP_WORDS=(qnzs send wechat --mode ''); COMP_CWORD=4; _qnzs\n"
         "[[ \"${COMPREPLY[*]}\" == 'plain compat safe' ]] || exit 2\n"
         "COMPREPLY=(); COMP_WORDS=(qnzs tail --config ''); COMP_CWORD=3; _qnzs\n"
         "[[ -z \"${COMPREPLY[*]}\" ]] || exit 3\n"
         "COMP_WORDS=(qnzs tail --json ''); COMP_CWORD=3; _qnzs\n"
         "[[ \" ${COMPREPLY[*]} \" == *' --count '* ]] || exit 4\n"
         "COMP_WORDS=(qnzs check x.toml --); COMP_CWORD=3; _qnzs\n"
         "[[ \"${COMPREPLY[*]}\" == '--help' ]] || exit 5\n"
         "COMP_WORDS=(qnzs normalise f.http --p); COMP_CWORD=3; _qnzs\n"
         "[[ \"${COMPREPLY[*]}\" == '--pretty' ]] || exit 6\n"
         "COMP_WORDS=(qnzs journal drain PATH --on-position-behind ''); COMP_CWORD=5; _qnzs\n"
         "[[ \"${COMPREPLY[*]}\" == 'wait republish resume' ]] || exit 7\n"
         "COMP_WORDS=(qnzs normalise --config c.toml --channel ''); COMP_CWORD=5; COMPREPLY=(); "
         "_qnzs\n"
         "[[ -z \"${COMPREPLY[*]}\" ]] || exit 8\n"
         "COMP_WORDS=(qnzs check ''); COMP_CWORD=2; _qnzs\n"
         "[[ -z \"${COMPREPLY[*]}\" ]] || exit 9\n";
  CHECK(std::system(("bash -n " + folder.file("c.sh")).c_str()) == 0);
  CHECK(std::system(("bash " + folder.file("c.sh")).c_str()) == 0);
}
