// The disk under the journal is full, then has space again.
#include "tests/support/becomes_true.hpp"
#include "tests/support/judge.hpp"
#include "tests/support/kafka_broker.hpp"
#include "tests/support/platform.hpp"
#include "tests/support/small_disk.hpp"

#include <doctest/doctest.h>

#include <thread>

using namespace std::chrono_literals;
using qnzs::tests::becomes_true;
using qnzs::tests::GatewayProcess;
using qnzs::tests::KafkaBroker;
using qnzs::tests::Oracle;
using qnzs::tests::Platform;
using qnzs::tests::SmallDisk;

TEST_CASE(
    "With a full disk the platform gets no answer, and once it is freed all goes on by itself") {
  KafkaBroker broker;
  SmallDisk disk(24);
  MESSAGE("a real file system: " << disk.is_real());
  GatewayProcess gateway(broker.address(), "", "", "disk_free_mib_min = 0\n");
  gateway.put_journal(disk.file("journal.db"));
  gateway.start(disk.environment());
  Oracle oracle(gateway.kafka());
  Platform platform(gateway.port(), oracle, 8, 5ms);
  const auto accepts = [&] {
    return qnzs::tests::metric(gateway.admin_port(), "qnzs_journal_accepts") == 1;
  };
  for (int round = 0; round < 2; ++round) {
    std::this_thread::sleep_for(1500ms);
    disk.fill();
    CHECK(becomes_true([&] { return !accepts(); }, 20s));
    CHECK_FALSE(qnzs::tests::fetch(gateway.admin_port(), "/readyz"));  // 503
    const auto answered = oracle.answered_count();
    std::this_thread::sleep_for(2s);
    // One probe of the journal may find a last free page.
    CHECK(oracle.answered_count() < answered + 50);
    disk.free();
    CHECK(becomes_true(accepts, 10s));
    CHECK(becomes_true([&] { return oracle.answered_count() > answered + 100; }, 20s));
  }
  platform.stop(10s);
  judge(oracle, gateway, 300);
  CHECK(gateway.log().contains("journal_accepts"));
  stop(gateway);
}
