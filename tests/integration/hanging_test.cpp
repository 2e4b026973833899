// Transactions whose end Kafka lost: the coordinator takes a partition without a leader for deleted
// and never tells it. Every record must still be seen, and once.
#include "tests/support/becomes_true.hpp"
#include "tests/support/gateway_process.hpp"
#include "tests/support/judge.hpp"
#include "tests/support/kafka_broker.hpp"
#include "tests/support/lost_markers.hpp"
#include "tests/support/oracle.hpp"
#include "tests/support/platform.hpp"

#include <doctest/doctest.h>

#include <thread>

using namespace std::chrono_literals;
using qnzs::tests::becomes_true;
using qnzs::tests::GatewayProcess;
using qnzs::tests::judge;
using qnzs::tests::KafkaBroker;
using qnzs::tests::lose_markers;
using qnzs::tests::LostOn;
using qnzs::tests::Oracle;
using qnzs::tests::Platform;

namespace {

constexpr const char* hanging_found = "qnzs_publisher_hanging_transactions_total";
constexpr const char* look_often = "[publisher]\nhanging_look_seconds = 1\n";

double value(const GatewayProcess& gateway, const char* which) {
  return qnzs::tests::metric(gateway.admin_port(), which).value_or(-1);
}

void load(GatewayProcess& gateway, Oracle& oracle) {
  Platform platform(gateway.port(), oracle, 8, 2ms);
  std::this_thread::sleep_for(2s);
  platform.stop(5s);
  REQUIRE(
      becomes_true([&] { return value(gateway, "qnzs_journal_entries{state=\"queued\"}") == 0; }));
}

// Readers see all of it, so the ends stand on Kafka: the answer to a commit does not wait for them.
void wait_for_ends(Oracle& oracle) {
  REQUIRE(oracle.judge(20s).missing == 0);
}

// The gateway is gone, its last transactions have lost their ends there, and it comes back.
void lose_and_return(LostOn where) {
  KafkaBroker broker;
  GatewayProcess gateway(broker.address());
  gateway.start();
  Oracle oracle(gateway.kafka());
  load(gateway, oracle);
  wait_for_ends(oracle);
  gateway.kill();
  broker.stop();
  REQUIRE(lose_markers(broker.folder(), gateway.kafka(), where) > 0);
  broker.start();
  oracle.read_again();
  gateway.start();
  CHECK(becomes_true([&] { return value(gateway, hanging_found) >= 1; }));
  load(gateway, oracle);
  judge(oracle, gateway, 101);
  CHECK(gateway.log().contains("\"event\":\"hanging_transaction\""));
}

}  // namespace

TEST_CASE("A transaction that lost its end everywhere is closed, and all of it is seen once") {
  lose_and_return(LostOn::everywhere);
}

TEST_CASE("A transaction that lost its end on the positions topic alone is not published again") {
  lose_and_return(LostOn::positions);
}

TEST_CASE("A transaction that lost its end in one partition is published again there alone") {
  lose_and_return(LostOn::one_messages_partition);
}

TEST_CASE("A gateway with nothing to do finds what hangs and shows it to the readers") {
  KafkaBroker broker;
  GatewayProcess gateway(broker.address(), look_often);
  gateway.start();
  Oracle oracle(gateway.kafka());
  load(gateway, oracle);
  wait_for_ends(oracle);
  CHECK(value(gateway, hanging_found) == 0);
  broker.stop();
  REQUIRE(lose_markers(broker.folder(), gateway.kafka(), LostOn::everywhere) > 0);
  broker.start();
  oracle.read_again();
  judge(oracle, gateway, 101);
  CHECK(value(gateway, hanging_found) >= 1);
}

TEST_CASE("Readers stand still where a transaction hangs until the gateway comes") {
  KafkaBroker broker;
  GatewayProcess gateway(broker.address());
  gateway.start();
  Oracle oracle(gateway.kafka());
  load(gateway, oracle);
  wait_for_ends(oracle);
  gateway.kill();
  broker.stop();
  REQUIRE(lose_markers(broker.folder(), gateway.kafka(), LostOn::everywhere) > 0);
  broker.start();
  oracle.read_again();
  CHECK(oracle.judge(8s).missing > 0);
}
