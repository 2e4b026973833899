// The command line of `qnzs-gateway`, without Kafka: it ends before it would need one.
#include "tests/support/process.hpp"
#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>

using namespace std::chrono_literals;
using qnzs::tests::Process;
using qnzs::tests::TemporaryFolder;

namespace {

struct Said {
  std::string text;
  int code = -1;
};

Said run(std::vector<std::string> arguments) {
  const TemporaryFolder folder;
  arguments.insert(arguments.begin(), QNZS_BINARY_DIR "/bin/qnzs-gateway");
  Process process(arguments, folder.file("output"));
  const int code = process.wait(20s).value_or(-1);
  std::ifstream file(folder.file("output"));
  return {{std::istreambuf_iterator<char>(file), {}}, code};
}

}  // namespace

TEST_CASE("The gateway explains its command line in Chinese, with an example") {
  const auto help = run({"--help"});
  CHECK(help.code == 0);
  CHECK(help.text.contains("用法: qnzs-gateway [选项]\n"));
  CHECK(help.text.contains("例子:\n  qnzs-gateway --config "));
  CHECK(help.text.contains("退出码:0 "));
  for (const char* english : {"Usage", "Options", "Print", "REQUIRED", "Display"})
    CHECK_FALSE(help.text.contains(english));
  CHECK(run({"--version"}).text.starts_with("qnzs-gateway "));
}

TEST_CASE("A wrong command line ends the gateway with the code that its help names, in Chinese") {
  const auto said = [](const std::vector<std::string>& arguments) {
    const auto result = run(arguments);
    CHECK(result.code == 78);
    for (const char* english : {"required", "Run with", "does not exist", "expected", "argument"})
      CHECK_MESSAGE(!result.text.contains(english), result.text);
    return result.text;
  };
  CHECK(said({}) == "缺少 --config:请指明配置文件\n用法与例子:qnzs-gateway --help\n");
  CHECK(said({"--config"}).starts_with("--config 后面应有一个配置文件\n"));
  CHECK(said({"--config", "a", "--daemon"}).starts_with("不认识或多余的参数:--daemon\n"));
  CHECK(said({"--config", "/nonexistent.toml"}).starts_with("/nonexistent.toml: 文件不存在"));
}
