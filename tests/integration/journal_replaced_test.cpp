// A journal that is not the one whose position stands on Kafka: nothing answered may be passed
// over.
#include "tests/support/becomes_true.hpp"
#include "tests/support/judge.hpp"
#include "tests/support/kafka_broker.hpp"
#include "tests/support/platform.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <thread>

using namespace std::chrono_literals;
using qnzs::tests::becomes_true;
using qnzs::tests::GatewayProcess;
using qnzs::tests::KafkaBroker;
using qnzs::tests::Oracle;
using qnzs::tests::Platform;

namespace {

constexpr const char* all_entries = "qnzs_journal_entries{state=\"all\"}";
constexpr const char* queued_entries = "qnzs_journal_entries{state=\"queued\"}";

double entries(const GatewayProcess& gateway, const char* which) {
  return qnzs::tests::metric(gateway.admin_port(), which).value_or(-1);
}

// One person writes until the journal holds `count` entries and all of them are on Kafka.
void publish(GatewayProcess& gateway, Oracle& oracle, double count) {
  Platform platform(gateway.port(), oracle, 1, 5ms);
  REQUIRE(becomes_true([&] { return entries(gateway, all_entries) >= count; }));
  platform.stop(5s);
  REQUIRE(becomes_true([&] { return entries(gateway, queued_entries) == 0; }));
}

// With Kafka away the journal grows beyond the position there; then Kafka comes back.
void outgrow(GatewayProcess& gateway, Oracle& oracle, KafkaBroker& broker, double position) {
  broker.stop();
  gateway.start();
  Platform platform(gateway.port(), oracle, 4, 5ms);  // the first repeats himself
  REQUIRE(becomes_true([&] { return entries(gateway, all_entries) > position + 50; }));
  platform.stop(5s);
  broker.start();
}

void expect_nothing_missing(Oracle& oracle, const GatewayProcess& gateway) {
  const auto verdict = oracle.judge(90s);
  INFO(gateway.log());
  CHECK(verdict.missing == 0);
  CHECK(gateway.log().contains("\"match\":\"foreign\""));
  CHECK(qnzs::tests::fetch(gateway.admin_port(), "/readyz")
            .value_or("")
            .contains("不属于这份日志账"));
  CHECK(entries(gateway, "qnzs_publisher_position_mismatches_total{match=\"foreign\"}") >= 1);
}

}  // namespace

TEST_CASE("A new journal in the place of a lost one is published whole, beyond Kafka's position") {
  KafkaBroker broker;
  GatewayProcess gateway(broker.address());
  gateway.start();
  Oracle oracle(gateway.kafka());
  publish(gateway, oracle, 40);
  const auto position = entries(gateway, all_entries);
  stop(gateway);
  std::filesystem::remove(gateway.journal_file());
  outgrow(gateway, oracle, broker, position);
  expect_nothing_missing(oracle, gateway);
}

TEST_CASE("A restored older journal is published from its own position, beyond Kafka's position") {
  KafkaBroker broker;
  GatewayProcess gateway(broker.address());
  gateway.start();
  Oracle oracle(gateway.kafka());
  publish(gateway, oracle, 40);
  stop(gateway);
  const auto backup = gateway.journal_file() + ".backup";
  std::filesystem::copy_file(gateway.journal_file(), backup);
  gateway.start();
  const auto at_backup = entries(gateway, all_entries);
  publish(gateway, oracle, at_backup + 40);
  const auto position = entries(gateway, all_entries);
  stop(gateway);
  std::filesystem::copy_file(backup, gateway.journal_file(),
                             std::filesystem::copy_options::overwrite_existing);
  outgrow(gateway, oracle, broker, position);
  expect_nothing_missing(oracle, gateway);
}
