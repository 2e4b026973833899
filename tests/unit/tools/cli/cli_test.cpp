#include "schema/json.hpp"
#include "tests/support/temporary_folder.hpp"
#include "tools/cli/command.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

using qnzs::tests::TemporaryFolder;

namespace {

struct Run {
  std::ostringstream out, err;
  int code;
  explicit Run(const std::vector<std::string>& arguments)
      : code(qnzs::cli::run(arguments, out, err)) {}
};

// The configuration of the fixtures' accounts, with secrets from the environment.
std::string config() {
  setenv("HEX_KEY", std::string(64, '7').c_str(), 1);
  setenv("WECHAT_TOKEN", "QingNianTest2024", 1);
  setenv("WECHAT_AES_KEY", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", 1);
  return QNZS_SOURCE_DIR "/tests/fixtures/accounts.toml";
}

std::string fixture(const std::string& name) {
  return QNZS_SOURCE_DIR "/tests/fixtures/wechat/" + name;
}

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("Every command explains itself with an example") {
  for (const std::vector<std::string>& command : {std::vector<std::string>{"check"},
                                                  {"config", "print"},
                                                  {"config", "reference"},
                                                  {"normalise"},
                                                  {"send", "wechat"},
                                                  {"tail"},
                                                  {"journal", "counts"},
                                                  {"journal", "list"},
                                                  {"journal", "verify"},
                                                  {"completion"}}) {
    auto arguments = command;
    arguments.emplace_back("--help");
    const Run run(arguments);
    CHECK(run.code == 0);
    CHECK_MESSAGE(run.out.str().contains("例子:\n  "), command.back());
  }
}

TEST_CASE("A wrong command line is a usage error and not a crash") {
  CHECK(Run({}).code == 64);
  CHECK(Run({"nonsense"}).code == 64);
  CHECK(Run({"send", "wechat", "--count", "x"}).code == 64);
}

TEST_CASE(
    "Checking a good configuration names its accounts, a bad one all problems and no secret") {
  const Run good({"check", config()});
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

TEST_CASE("Normalising a request prints exactly what would be published") {
  const Run run({"normalise", "--config", config(), "--channel", "wechat", "--account", "safe",
                 "--at", "2023-11-15T06:13:21.234+08:00", fixture("text.http")});
  REQUIRE_MESSAGE(run.code == 0, run.err.str());
  const auto printed = qnzs::schema::json::parse(run.out.str());
  REQUIRE(printed);
  const auto golden = qnzs::schema::json::parse(contents(fixture("text.golden.json")));
  CHECK(*printed->find("value") == golden->array()->at(0));
  CHECK(*printed->find("topic")->text() == "qnzs.messages.v1");
  CHECK(*printed->find("headers")->find("ce_id") == *printed->find("value")->find("id"));
}

TEST_CASE("Normalising what the gateway would refuse says why, with its status") {
  const Run run({"normalise", "--config", config(), "--channel", "wechat", "--account", "safe",
                 fixture("plain_text.http")});
  CHECK(run.code == 1);
  CHECK(run.err.str().contains("403"));
}

TEST_CASE("The completion script is sound and completes") {
  const Run run({"completion"});
  TemporaryFolder folder;
  std::ofstream(folder.file("c.sh")) << run.out.str()
                                     << "COMP_WORDS=(qnzs journal ''); COMP_CWORD=2; _qnzs\n"
                                        "[[ \" ${COMPREPLY[*]} \" == *' verify '* ]]\n";
  CHECK(std::system(("bash -n " + folder.file("c.sh")).c_str()) == 0);
  CHECK(std::system(("bash " + folder.file("c.sh")).c_str()) == 0);
}
