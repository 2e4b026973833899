#include "tests/support/gateway_process.hpp"
#include "tests/support/kafka_broker.hpp"
#include "tests/support/oracle.hpp"
#include "tests/support/platform.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <thread>

using namespace std::chrono_literals;
using qnzs::tests::GatewayProcess;
using qnzs::tests::KafkaBroker;
using qnzs::tests::Oracle;
using qnzs::tests::Platform;
using qnzs::tests::Verdict;

namespace {

// What every fault test ends with.
void judge(Oracle& oracle, const GatewayProcess& gateway, std::size_t answered_min) {
  const Verdict verdict = oracle.judge(90s);
  MESSAGE("answered " << verdict.answered << ", seen " << verdict.seen << ", answer lost "
                      << verdict.unanswered);
  if (verdict.missing > 0 || verdict.twice > 0) MESSAGE(gateway.log());
  CHECK(verdict.answered >= answered_min);
  CHECK(verdict.missing == 0);
  CHECK(verdict.twice == 0);
  CHECK(verdict.disordered == 0);
}

}  // namespace

TEST_CASE("With the broker down for half a minute every callback is answered and none is lost") {
  KafkaBroker broker;
  GatewayProcess gateway(broker.address());
  gateway.start();
  Oracle oracle(gateway.kafka());
  Platform platform(gateway.port(), oracle, 8, 20ms);
  std::this_thread::sleep_for(3s);
  broker.stop();
  const auto before = oracle.answered_count();
  std::this_thread::sleep_for(30s);
  CHECK(oracle.answered_count() > before + 500);  // answers do not depend on Kafka
  CHECK(qnzs::tests::fetch(gateway.admin_port(), "/readyz"));
  broker.start();
  std::this_thread::sleep_for(3s);
  platform.stop(10s);
  judge(oracle, gateway, 1000);
  gateway.signal(SIGTERM);
  CHECK(gateway.wait(20s) == 0);
}

TEST_CASE(
    "Killed five times under load, once with the broker down, the gateway loses and doubles "
    "nothing") {
  KafkaBroker broker;
  GatewayProcess gateway(broker.address());
  gateway.start();
  Oracle oracle(gateway.kafka());
  Platform platform(gateway.port(), oracle, 8, 5ms);
  for (int round = 0; round < 5; ++round) {
    std::this_thread::sleep_for(2s);
    if (round == 2) broker.stop();
    std::this_thread::sleep_for(500ms);
    gateway.kill();
    gateway.start();
    if (round == 2) {
      std::this_thread::sleep_for(1s);
      broker.start();
    }
  }
  std::this_thread::sleep_for(2s);
  platform.stop(10s);
  judge(oracle, gateway, 500);
  gateway.signal(SIGTERM);
  CHECK(gateway.wait(20s) == 0);
}
