// What brokers do to a publisher, on real ones.
#include "tests/support/gateway_process.hpp"
#include "tests/support/kafka_broker.hpp"
#include "tests/support/oracle.hpp"
#include "tests/support/platform.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <cstdlib>
#include <functional>
#include <thread>

using namespace std::chrono_literals;
using qnzs::tests::GatewayProcess;
using qnzs::tests::KafkaBroker;
using qnzs::tests::Oracle;
using qnzs::tests::Platform;

namespace {

bool becomes_true(const std::function<bool()>& condition) {
  const auto until = std::chrono::steady_clock::now() + 40s;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(100ms);
  }
  return true;
}

std::string sasl(const std::string& mechanism) {
  return "security_protocol = \"sasl_plaintext\"\nsasl_mechanism = \"" + mechanism +
         "\"\nsasl_username = \"qnzs\"\nsasl_password = \"${KAFKA_PASSWORD}\"\n";
}

bool publishes(const GatewayProcess& gateway) {
  return qnzs::tests::metric(gateway.admin_port(), "qnzs_publisher_publishing") == 1;
}

}  // namespace

TEST_CASE("A broker replaced by an empty one gets everything again that the journal still holds") {
  KafkaBroker broker;
  GatewayProcess gateway(broker.address());
  gateway.start();
  {
    Oracle oracle(gateway.kafka());
    Platform platform(gateway.port(), oracle, 2, 20ms);
    std::this_thread::sleep_for(2s);
    platform.stop(5s);
    CHECK(oracle.judge(30s).missing == 0);
  }
  const auto entries =
      qnzs::tests::metric(gateway.admin_port(), "qnzs_journal_entries{state=\"all\"}");
  broker.replace_by_empty();
  Oracle oracle(gateway.kafka());
  Platform platform(gateway.port(), oracle, 2, 20ms);
  std::this_thread::sleep_for(3s);
  platform.stop(5s);
  const auto verdict = oracle.judge(60s);
  INFO(gateway.log());
  CHECK(verdict.missing == 0);
  CHECK(verdict.twice == 0);
  CHECK(static_cast<double>(verdict.seen) >= *entries);  // those of before are there again
  CHECK(gateway.log().contains("position_mismatch"));
}

TEST_CASE("A login by PLAIN works, and a wrong password is named and heals after a restart") {
  KafkaBroker broker(KafkaBroker::Login::sasl);
  setenv("KAFKA_PASSWORD", "wrong", 1);
  GatewayProcess gateway(broker.sasl_address(), "", sasl("PLAIN"));
  gateway.start();
  CHECK(becomes_true([&] {
    return qnzs::tests::fetch(gateway.admin_port(), "/readyz")
        .value_or("")
        .contains("Kafka 拒绝登录");
  }));
  CHECK_FALSE(publishes(gateway));
  gateway.signal(SIGTERM);
  CHECK(gateway.wait(20s) == 0);
  setenv("KAFKA_PASSWORD", "qnzs-development", 1);
  gateway.start();
  CHECK(becomes_true([&] { return publishes(gateway); }));
  CHECK_FALSE(gateway.log().contains("qnzs-development"));
}
