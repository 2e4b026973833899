// `qnzs tail` of a real Kafka: what people wrote must not steer the terminal of who looks.
#include "tests/support/becomes_true.hpp"
#include "tests/support/command_run.hpp"
#include "tests/support/gateway_process.hpp"
#include "tests/support/kafka_broker.hpp"

#include <doctest/doctest.h>

#include <chrono>

using namespace std::chrono_literals;
using qnzs::tests::GatewayProcess;
using qnzs::tests::KafkaBroker;
using qnzs::tests::Run;

TEST_CASE("A message with controls and direction marks is shown without them, and kept whole") {
  KafkaBroker broker;
  GatewayProcess gateway(broker.address());
  gateway.start();
  const std::string text =
      "\xc2\x9b"
      "31m\xe2\x80\xae求助";
  const Run sent({"send", "wechat", "--config", gateway.config_file(), "--account", "safe",
                  "--text", text, "--url", "http://127.0.0.1:" + std::to_string(gateway.port())});
  REQUIRE_MESSAGE(sent.code == 0, sent.out.str());
  REQUIRE(qnzs::tests::becomes_true([&] {  // the topics are there
    return qnzs::tests::metric(gateway.admin_port(), "qnzs_publisher_publishing") == 1;
  }));
  std::vector<std::string> tail{"tail",    "--config", gateway.config_file(), "--from-beginning",
                                "--count", "1",        "--timeout",           "20"};
  const Run shown(tail);
  CHECK_MESSAGE(shown.code == 0, shown.err.str());
  CHECK(shown.out.str().contains("<U+009B>31m<U+202E>求助"));
  tail.emplace_back("--json");
  const Run json(tail);
  CHECK(json.out.str().contains("\\u009b31m\\u202e求助"));
  for (const auto* out : {&shown.out, &json.out}) {
    CHECK_FALSE(out->str().contains("\xc2\x9b"));
    CHECK_FALSE(out->str().contains("\xe2\x80\xae"));
  }
  const Run whole({"tail", "--config", gateway.config_file(), "--from-beginning", "--to-end"});
  CHECK_MESSAGE(whole.code == 0, whole.err.str());
  CHECK(whole.out.str() == shown.out.str());
  const Run few(
      {"tail", "--config", gateway.config_file(), "--from-beginning", "--to-end", "--count", "2"});
  CHECK(few.code == 1);
  const Run cut({"tail", "--config", gateway.config_file(), "--to-end"});
  CHECK(cut.code == 64);
  CHECK(cut.err.str().starts_with("--to-end 须与 --from-beginning 同时给出"));
  const auto begin = std::chrono::steady_clock::now();
  const Run missing(
      {"tail", "--bootstrap", broker.address(), "--topic", "no.such.topic", "--timeout", "5"});
  CHECK(std::chrono::steady_clock::now() - begin < 8s);
  CHECK(missing.code == 1);
  CHECK_MESSAGE(missing.err.str().starts_with("读不到主题 no.such.topic:Kafka 上没有它"),
                missing.err.str());
}
