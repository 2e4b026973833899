// Two gateways of one installation, each with its own journal, on the same topics: what one leaves
// on Kafka hides what the other publishes, and must not be taken for its own.
#include "tests/support/fault_point.hpp"
#include "tests/support/judge.hpp"
#include "tests/support/kafka_broker.hpp"
#include "tests/support/platform.hpp"

#include <doctest/doctest.h>

#include <string>
#include <thread>

using namespace std::chrono_literals;
using qnzs::tests::FaultPoint;
using qnzs::tests::GatewayProcess;
using qnzs::tests::KafkaBroker;
using qnzs::tests::Oracle;
using qnzs::tests::Platform;

namespace {

// Dies with a transaction open, comes back while the broker is away; the other one lives on.
void die_and_come_back(GatewayProcess& gateway, KafkaBroker& broker) {
  std::this_thread::sleep_for(1s);
  gateway.kill();
  const FaultPoint point("transaction_open", 5);
  gateway.start(point.environment());
  CHECK(gateway.wait(60s) == 128 + 9);
  CHECK(point.was_reached());
  std::this_thread::sleep_for(1s);
  broker.stop();
  gateway.start();
  std::this_thread::sleep_for(1s);
  broker.start();
}

}  // namespace

TEST_CASE("Two gateways on the same topics lose and double nothing, whichever is killed") {
  KafkaBroker broker;
  GatewayProcess one(broker.address()), two(broker.address());
  two.join(one);
  one.start();
  two.start();
  Oracle oracle(one.kafka());
  Platform to_one(one.port(), oracle, 5, 5ms), to_two(two.port(), oracle, 5, 5ms, 100);
  die_and_come_back(one, broker);
  die_and_come_back(two, broker);
  std::this_thread::sleep_for(2s);
  to_one.stop(10s);
  to_two.stop(10s);
  const auto verdict = judge(oracle, one, 1000);
  if (verdict.missing > 0 || verdict.twice > 0 || verdict.disordered > 0) MESSAGE(two.log());
  for (auto* gateway : {&one, &two}) {
    for (const std::string match : {"behind", "foreign"})
      CHECK(qnzs::tests::metric(
                gateway->admin_port(),
                "qnzs_publisher_position_mismatches_total{match=\"" + match + "\"}") == 0);
    stop(*gateway);
  }
}
