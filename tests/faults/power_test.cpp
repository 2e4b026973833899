// The power goes: of the journal only what was synced is there afterwards.
#include "tests/support/judge.hpp"
#include "tests/support/kafka_broker.hpp"
#include "tests/support/platform.hpp"
#include "tests/support/power_cut.hpp"

#include <doctest/doctest.h>

#include <thread>

using namespace std::chrono_literals;
using qnzs::tests::GatewayProcess;
using qnzs::tests::KafkaBroker;
using qnzs::tests::Oracle;
using qnzs::tests::Platform;
using qnzs::tests::PowerCut;

TEST_CASE("Of what was answered before the power went nothing is lost and nothing doubled") {
  KafkaBroker broker;
  GatewayProcess gateway(broker.address());
  const PowerCut power(gateway.journal_file());
  gateway.start(power.begin());
  Oracle oracle(gateway.kafka());
  Platform platform(gateway.port(), oracle, 8, 5ms);
  for (int round = 0; round < 5; ++round) {
    // Twice with the broker away: then the journal alone has what was answered.
    if (round == 1) broker.stop();
    if (round == 3) broker.start();
    std::this_thread::sleep_for(2s);
    gateway.kill();
    power.lose_unsynced();
    gateway.start(power.begin());
  }
  platform.stop(10s);
  judge(oracle, gateway, 500);
  stop(gateway);
}
