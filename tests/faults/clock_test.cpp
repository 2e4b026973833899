// The wall clock jumps, forward by years and back behind the past.
#include "tests/support/becomes_true.hpp"
#include "tests/support/fault_point.hpp"
#include "tests/support/judge.hpp"
#include "tests/support/kafka_broker.hpp"
#include "tests/support/platform.hpp"

#include <doctest/doctest.h>

#include <thread>

using namespace std::chrono_literals;
using qnzs::tests::becomes_true;
using qnzs::tests::FalseClock;
using qnzs::tests::GatewayProcess;
using qnzs::tests::KafkaBroker;
using qnzs::tests::Oracle;
using qnzs::tests::Platform;

TEST_CASE("A clock that jumps both ways costs no message, no order and no answer in time" *
          doctest::skip(!FalseClock::is_possible)) {
  KafkaBroker broker;
  const FalseClock clock;
  GatewayProcess gateway(broker.address(), "[publisher]\ntransaction_ms_max = 10000\n");
  gateway.start(clock.environment());
  Oracle oracle(gateway.kafka());
  Platform platform(gateway.port(), oracle, 6, 5ms);
  const auto published = [&] {
    return qnzs::tests::metric(gateway.admin_port(), "qnzs_journal_entries{state=\"published\"}")
        .value_or(0);
  };
  REQUIRE(becomes_true([&] { return published() > 0; }));
  for (const auto ahead : {24h * 400, -24h * 400, 1h, -1h, 0h}) {
    clock.set(ahead);
    const auto before = oracle.answered_count();
    const auto published_before = published();
    // Deadlines are steady, so that answers go on; and Kafka takes it, whatever our clock says.
    CHECK(becomes_true([&] { return oracle.answered_count() > before + 100; }, 10s));
    CHECK(becomes_true([&] { return published() > published_before + 100; }, 10s));
    std::this_thread::sleep_for(1s);
    CHECK(qnzs::tests::fetch(gateway.admin_port(), "/readyz"));
  }
  // Killed and started a day in the past: positions and sequences are no times.
  clock.set(-24h);
  gateway.kill();
  gateway.start(clock.environment());
  std::this_thread::sleep_for(1s);
  clock.set(0s);
  // A second sender that repeats everything, as a platform does that has heard no answer.
  Platform repeating(gateway.port(), oracle, 6, 1ms);
  std::this_thread::sleep_for(3s);
  repeating.stop(10s);
  platform.stop(10s);
  judge(oracle, gateway, 500);
  CHECK_FALSE(gateway.log().contains("record_refused"));
  CHECK(qnzs::tests::metric(gateway.admin_port(), "qnzs_journal_callbacks{outcome=\"repeated\"}")
            .value_or(0) > 300);
  stop(gateway);
}
