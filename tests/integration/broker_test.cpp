// What brokers do to a publisher, on real ones.
#include "tests/support/gateway_process.hpp"
#include "tests/support/kafka_broker.hpp"
#include "tests/support/oracle.hpp"
#include "tests/support/platform.hpp"

#include <doctest/doctest.h>

#include <thread>

using namespace std::chrono_literals;
using qnzs::tests::GatewayProcess;
using qnzs::tests::KafkaBroker;
using qnzs::tests::Oracle;
using qnzs::tests::Platform;

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
