// A journal whose file is damaged while much in it waits for Kafka.
#include "tests/support/damage.hpp"

#include "tests/support/becomes_true.hpp"
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

// Under load with the broker away, then killed: what a damage finds.
void fill(KafkaBroker& broker, GatewayProcess& gateway, Oracle& oracle) {
  Platform platform(gateway.port(), oracle, 8, 2ms);
  std::this_thread::sleep_for(1s);
  broker.stop();
  std::this_thread::sleep_for(3s);
  platform.stop(5s);
  gateway.kill();
  broker.start();
}

// As `judge`, when so many were named as damaged.
void judge_all_but(std::size_t named, Oracle& oracle, const GatewayProcess& gateway) {
  const auto verdict = oracle.judge(20s);
  MESSAGE("answered " << verdict.answered << ", missing " << verdict.missing << ", named "
                      << named);
  if (verdict.missing != named) MESSAGE(gateway.log());
  CHECK(verdict.missing == named);
  CHECK(verdict.twice == 0);
  CHECK(verdict.disordered == 0);
}

bool has_published_all(const GatewayProcess& gateway) {
  return qnzs::tests::metric(gateway.admin_port(), "qnzs_journal_entries{state=\"queued\"}") == 0;
}

}  // namespace

TEST_CASE("A damaged message is set aside and said, and everything else is published") {
  KafkaBroker broker;
  GatewayProcess gateway(broker.address());
  gateway.start();
  Oracle oracle(gateway.kafka());
  fill(broker, gateway, oracle);
  REQUIRE(qnzs::tests::damage_body(gateway.journal_file(), 40));
  gateway.start();
  CHECK(qnzs::tests::becomes_true([&] { return has_published_all(gateway); }));
  CHECK(gateway.log().contains("entry_damaged"));
  CHECK(qnzs::tests::fetch(gateway.admin_port(), "/readyz").value_or("").contains("1 条已损坏"));
  CHECK(qnzs::tests::metric(gateway.admin_port(), "qnzs_journal_damaged_entries") == 1);
  judge_all_but(1, oracle, gateway);
  stop(gateway);
}

TEST_CASE("A journal with a flipped bit in its log is refused, salvaged and published") {
  KafkaBroker broker;
  GatewayProcess gateway(broker.address());
  gateway.start();
  Oracle oracle(gateway.kafka());
  fill(broker, gateway, oracle);
  qnzs::tests::flip_bit(gateway.journal_file() + "-wal", 32 + 7 * 4120 + 2000);
  CHECK_THROWS(gateway.start());
  CHECK(gateway.wait(10s) == 78);
  CHECK(gateway.log().contains("qnzs journal salvage"));
  const auto named = qnzs::tests::salvage(gateway);
  gateway.start();
  CHECK(qnzs::tests::becomes_true([&] { return has_published_all(gateway); }));
  judge_all_but(named, oracle, gateway);
  stop(gateway);
}

TEST_CASE("A journal that was cut off is refused, salvaged, and what is left is published") {
  KafkaBroker broker;
  GatewayProcess gateway(broker.address());
  gateway.start();
  Oracle oracle(gateway.kafka());
  fill(broker, gateway, oracle);
  gateway.start();  // the log goes into the file
  CHECK(qnzs::tests::becomes_true([&] { return has_published_all(gateway); }));
  broker.stop();
  Platform platform(gateway.port(), oracle, 3, 2ms);
  std::this_thread::sleep_for(1s);
  platform.stop(5s);
  stop(gateway);
  qnzs::tests::cut_off(gateway.journal_file(), 10);
  broker.start();
  CHECK_THROWS(gateway.start());
  CHECK(gateway.wait(10s) == 78);
  const auto named = qnzs::tests::salvage(gateway);
  gateway.start();
  CHECK(qnzs::tests::becomes_true([&] { return has_published_all(gateway); }));
  judge_all_but(named, oracle, gateway);
  stop(gateway);
}
