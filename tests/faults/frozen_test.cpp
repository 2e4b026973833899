// A process that does not run for longer than its transaction may take.
#include "tests/support/becomes_true.hpp"
#include "tests/support/fault_point.hpp"
#include "tests/support/judge.hpp"
#include "tests/support/kafka_broker.hpp"
#include "tests/support/platform.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <thread>

using namespace std::chrono_literals;
using qnzs::tests::FaultPoint;
using qnzs::tests::GatewayProcess;
using qnzs::tests::KafkaBroker;
using qnzs::tests::Oracle;
using qnzs::tests::Platform;

namespace {

// Frozen for 15 s at the point, while a second gateway tries to take the journal. `is_fenced`:
// Kafka has ended its transaction meanwhile.
void freeze_at(const std::string& name, bool is_fenced) {
  static KafkaBroker broker(
      {"--set", "transaction.abort.timed.out.transaction.cleanup.interval.ms=1000"});
  GatewayProcess gateway(broker.address(), "[publisher]\ntransaction_ms_max = 10000\n");
  const FaultPoint point(name, 5, FaultPoint::Action::stop);
  gateway.start(point.environment());
  Oracle oracle(gateway.kafka());
  Platform platform(gateway.port(), oracle, 4, 10ms);
  REQUIRE(qnzs::tests::becomes_true([&] { return point.was_reached(); }));
  const auto answered = oracle.answered_count();
  std::this_thread::sleep_for(5s);
  const qnzs::tests::TemporaryFolder folder;
  qnzs::tests::Process second(
      {QNZS_BINARY_DIR "/bin/qnzs-gateway", "--config", gateway.config_file()}, folder.file("log"));
  CHECK(second.wait(10s) == 78);
  std::this_thread::sleep_for(10s);
  CHECK(oracle.answered_count() == answered);  // it was frozen indeed
  gateway.signal(SIGCONT);
  const auto has_failed = [&] {
    return qnzs::tests::metric(gateway.admin_port(),
                               "qnzs_publisher_transactions_total{outcome=\"failed\"}") >= 1;
  };
  if (is_fenced) CHECK_MESSAGE(qnzs::tests::becomes_true(has_failed), gateway.log());
  std::this_thread::sleep_for(3s);
  platform.stop(10s);
  judge(oracle, gateway, 50);
  stop(gateway);
}

}  // namespace

TEST_CASE("Frozen in an open transaction beyond its time, a gateway publishes nothing twice") {
  freeze_at("transaction_open", true);
}

TEST_CASE("Frozen after a commit that it has not marked, a gateway publishes nothing twice") {
  freeze_at("committed_unmarked", false);
}
