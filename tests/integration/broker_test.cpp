// What brokers do to a publisher, on real ones.
#include "tests/support/becomes_true.hpp"
#include "tests/support/judge.hpp"
#include "tests/support/kafka_broker.hpp"
#include "tests/support/platform.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <string>
#include <thread>
#include <unistd.h>

using namespace std::chrono_literals;
using qnzs::tests::GatewayProcess;
using qnzs::tests::KafkaBroker;
using qnzs::tests::Oracle;
using qnzs::tests::Platform;

namespace {

// Processor time that a process has used until now.
double cpu_seconds(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string word;
  double ticks = 0;
  for (int field = 1; field <= 15 && file >> word; ++field) {
    if (field >= 14) ticks += std::stod(word);  // user, system
  }
  return ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

double entries(const GatewayProcess& gateway, const std::string& state) {
  return qnzs::tests::metric(gateway.admin_port(), "qnzs_journal_entries{state=\"" + state + "\"}")
      .value_or(-1);
}

}  // namespace

TEST_CASE("A broker replaced by an empty one under load gets all that the journal still holds") {
  KafkaBroker broker;
  GatewayProcess gateway(broker.address());
  gateway.start();
  Oracle oracle(gateway.kafka());
  Platform platform(gateway.port(), oracle, 4, 10ms);
  REQUIRE(qnzs::tests::becomes_true([&] { return entries(gateway, "published") > 200; }));
  broker.replace_by_empty();
  REQUIRE(qnzs::tests::becomes_true([&] { return gateway.log().contains("position_mismatch"); }));
  oracle.read_again();
  const auto before = oracle.answered_count();
  CHECK(qnzs::tests::becomes_true([&] { return oracle.answered_count() > before + 100; }));
  platform.stop(5s);
  judge(oracle, gateway, 300);  // what was answered before is there again
  stop(gateway);
}

TEST_CASE("What the journal keeps no longer cannot come again: said once, without a busy loop") {
  KafkaBroker broker;
  GatewayProcess gateway(broker.address(), "", "", "body_keep_hours = 0\n");
  gateway.start();
  {
    Oracle oracle(gateway.kafka());
    Platform platform(gateway.port(), oracle, 1, 20ms);
    std::this_thread::sleep_for(1s);
    platform.stop(5s);
    judge(oracle, gateway);
  }
  stop(gateway);
  gateway.start();  // expires what is published at once
  REQUIRE(qnzs::tests::becomes_true([&] { return entries(gateway, "queued") == 0; }));
  std::this_thread::sleep_for(1s);
  stop(gateway);
  broker.replace_by_empty();
  gateway.start();
  INFO(gateway.log());
  REQUIRE(qnzs::tests::becomes_true([&] { return gateway.log().contains("bodies_gone"); }));
  const auto before = cpu_seconds(gateway.pid());
  std::this_thread::sleep_for(2s);
  CHECK(cpu_seconds(gateway.pid()) - before < 0.7);
  Oracle oracle(gateway.kafka());
  Platform platform(gateway.port(), oracle, 2, 20ms);  // the first repeats himself
  std::this_thread::sleep_for(2s);
  platform.stop(5s);
  CHECK(qnzs::tests::becomes_true([&] { return entries(gateway, "queued") == 0; }));
  CHECK(oracle.judge(5s).twice == 0);
  const auto log = gateway.log();
  CHECK(log.find("bodies_gone") == log.rfind("bodies_gone"));
  stop(gateway);
}
