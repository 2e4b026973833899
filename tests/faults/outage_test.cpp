#include "tests/support/judge.hpp"
#include "tests/support/kafka_broker.hpp"
#include "tests/support/platform.hpp"

#include <doctest/doctest.h>

#include <thread>

using namespace std::chrono_literals;
using qnzs::tests::GatewayProcess;
using qnzs::tests::KafkaBroker;
using qnzs::tests::Oracle;
using qnzs::tests::Platform;

TEST_CASE("With the broker down for a minute every callback is answered and none is lost") {
  KafkaBroker broker;
  GatewayProcess gateway(broker.address());
  gateway.start();
  Oracle oracle(gateway.kafka());
  Platform platform(gateway.port(), oracle, 8, 20ms);
  std::this_thread::sleep_for(3s);
  broker.stop();
  const auto before = oracle.answered_count();
  std::this_thread::sleep_for(60s);
  CHECK(oracle.answered_count() > before + 1000);  // answers do not depend on Kafka
  CHECK(qnzs::tests::fetch(gateway.admin_port(), "/readyz"));
  broker.start();
  std::this_thread::sleep_for(3s);
  platform.stop(10s);
  judge(oracle, gateway, 1000);
  stop(gateway);
}
