// The README of the hotline is the only source of its examples; each is taken from there and run
// against a real gateway.
#include "schema/json.hpp"
#include "tests/support/gateway_process.hpp"
#include "tests/support/process.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <sys/stat.h>

using namespace std::chrono_literals;
using qnzs::tests::GatewayProcess;
using qnzs::tests::Process;
using qnzs::tests::TemporaryFolder;

namespace {

const std::string secret = "a-secret-of-the-desk-in-the-readme";

std::string contents(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// The only fenced block of that language.
std::string example(const std::string& language) {
  const auto readme = contents(QNZS_SOURCE_DIR "/adapters/hotline/README.md");
  const auto fence = "\n```" + language + "\n";
  const auto begin = readme.find(fence);
  REQUIRE(begin != std::string::npos);
  REQUIRE(readme.find(fence, begin + 1) == std::string::npos);
  const auto from = begin + fence.size();
  return readme.substr(from, readme.find("\n```", from) + 1 - from);
}

struct Example {
  TemporaryFolder folder;
  GatewayProcess gateway;

  Example()
      : gateway("127.0.0.1:1",
                "[[channels.hotline]]\naccount = \"desk\"\nsite = \"henan\"\nkey_id = \"k1\"\n"
                "secret = \"file:" +
                    secret_file() + "\"\n") {
    gateway.start();
  }

  std::string secret_file() const {
    const auto path = folder.file("secret");
    std::ofstream(path) << secret << '\n';
    chmod(path.c_str(), 0600);
    return path;
  }

  // What the program printed; it must end well.
  std::string run(const std::string& language, const std::string& file,
                  const std::vector<std::string>& command) {
    std::ofstream(folder.file(file)) << example(language);
    auto arguments = command;
    arguments.push_back(folder.file(file));
    Process process(
        arguments, folder.file("output"),
        {"QNZS_URL=http://127.0.0.1:" + std::to_string(gateway.port()) + "/hotline/desk",
         "QNZS_KEY_ID=k1", "QNZS_SECRET_FILE=" + folder.file("secret")});
    const auto code = process.wait(60s);
    auto output = contents(folder.file("output"));
    CHECK_MESSAGE(code == 0, output);
    return output;
  }

  bool has_stored(int messages) const {
    return qnzs::tests::metric(gateway.admin_port(), "qnzs_journal_entries{state=\"queued\"}") ==
           messages;
  }
};

}  // namespace

TEST_CASE("The example for curl and openssl is accepted, again and again as one message") {
  Example example;
  const auto output = example.run("sh", "send.sh", {"/bin/sh"});
  const auto answer = qnzs::schema::json::parse(output);
  REQUIRE_MESSAGE(answer, output);
  CHECK(*answer->find("accepted")->integer() == 1);
  example.run("sh", "send.sh", {"/bin/sh"});
  CHECK(example.has_stored(1));
}

TEST_CASE("The example for Python sends two records and tells which was refused and why") {
  Example example;
  const auto output = example.run("python", "send.py", {"/usr/bin/python3"});
  CHECK(output.contains("PYTHON-1 "));
  CHECK(output.contains("/person/age"));
  CHECK(example.has_stored(1));
}

TEST_CASE("The example for Java compiles as a single file and is accepted") {
  Example example;
  const auto output = example.run("java", "SendCall.java", {"/usr/bin/java"});
  CHECK(output.contains("\"record_no\":\"JAVA-1\""));
  CHECK(example.has_stored(1));
}
