// kill -9 at the moments at which a promise hangs on a single step.
#include "tests/support/fault_point.hpp"
#include "tests/support/judge.hpp"
#include "tests/support/kafka_broker.hpp"
#include "tests/support/platform.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <thread>

using namespace std::chrono_literals;
using qnzs::tests::FaultPoint;
using qnzs::tests::GatewayProcess;
using qnzs::tests::KafkaBroker;
using qnzs::tests::Oracle;
using qnzs::tests::Platform;

namespace {

constexpr int killed = 128 + 9;

// Dies at the point three times under load, each time later, then lives.
void die_at(const std::string& name, int first, int step) {
  static KafkaBroker broker;
  GatewayProcess gateway(broker.address());
  gateway.start();
  Oracle oracle(gateway.kafka());
  Platform platform(gateway.port(), oracle, 8, 2ms);
  std::this_thread::sleep_for(1s);
  gateway.kill();
  for (int round = 0; round < 3; ++round) {
    const FaultPoint point(name, first + round * step);
    try {
      gateway.start(point.environment());
    } catch (const std::runtime_error&) {
      // Reached before it was ready: opening the journal makes a checkpoint too.
      REQUIRE(point.was_reached());
    }
    CHECK(gateway.wait(60s) == killed);
    CHECK(point.was_reached());
  }
  gateway.start();
  std::this_thread::sleep_for(1s);
  platform.stop(10s);
  judge(oracle, gateway, 300);
  stop(gateway);
}

}  // namespace

TEST_CASE("Killed between the journal's commit and the answer, the gateway doubles nothing") {
  die_at("stored_unanswered", 40, 13);
}

TEST_CASE("Killed inside an open transaction, the gateway loses and doubles nothing") {
  die_at("transaction_open", 2, 3);
}

TEST_CASE("Killed between the transaction's commit and the journal's mark, nothing is doubled") {
  die_at("committed_unmarked", 1, 3);
}

TEST_CASE("Killed in the middle of a checkpoint, the journal is whole") {
  die_at("in_checkpoint", 20, 30);
}
