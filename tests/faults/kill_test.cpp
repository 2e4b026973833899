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

namespace {

void kill_five_times(GatewayProcess& gateway) {
  for (int round = 0; round < 5; ++round) {
    std::this_thread::sleep_for(2500ms);
    gateway.kill();
    gateway.start();
  }
}

}  // namespace

TEST_CASE("Killed five times under load the gateway loses and doubles nothing") {
  KafkaBroker broker;
  GatewayProcess gateway(broker.address());
  gateway.start();
  Oracle oracle(gateway.kafka());
  Platform platform(gateway.port(), oracle, 8, 5ms);
  kill_five_times(gateway);
  std::this_thread::sleep_for(2s);
  platform.stop(10s);
  judge(oracle, gateway, 500);
  stop(gateway);
}

TEST_CASE("Killed five times while the broker is away the gateway loses and doubles nothing") {
  KafkaBroker broker;
  GatewayProcess gateway(broker.address());
  gateway.start();
  Oracle oracle(gateway.kafka());
  Platform platform(gateway.port(), oracle, 8, 5ms);
  std::this_thread::sleep_for(2s);
  broker.stop();
  kill_five_times(gateway);
  broker.start();
  std::this_thread::sleep_for(500ms);
  gateway.kill();  // while it publishes what has waited
  gateway.start();
  std::this_thread::sleep_for(2s);
  platform.stop(10s);
  judge(oracle, gateway, 500);
  stop(gateway);
}
