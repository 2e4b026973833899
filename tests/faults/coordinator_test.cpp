// The transaction coordinator is away while every topic of ours is there: it lives on a broker of
// its own, which is taken away.
#include "tests/support/becomes_true.hpp"
#include "tests/support/judge.hpp"
#include "tests/support/kafka_admin.hpp"
#include "tests/support/kafka_broker.hpp"
#include "tests/support/platform.hpp"

#include <doctest/doctest.h>

#include <array>
#include <thread>

using namespace std::chrono_literals;
namespace kafka = qnzs::kafka;
using qnzs::tests::becomes_true;
using qnzs::tests::GatewayProcess;
using qnzs::tests::KafkaBroker;
using qnzs::tests::Oracle;
using qnzs::tests::Platform;

TEST_CASE("With the transaction coordinator away for a while nothing is lost and nothing doubled") {
  const KafkaBroker broker;
  KafkaBroker coordinator({"--join", broker.folder()});
  GatewayProcess gateway(broker.address(), "[publisher]\ntransaction_ms_max = 5000\n");
  const std::array topics{qnzs::schema::Topic::messages, qnzs::schema::Topic::dead_letters,
                          qnzs::schema::Topic::journal_positions};
  for (const auto topic : topics)
    qnzs::tests::make_topic_on(1, gateway.kafka(), kafka::topic_plan(gateway.kafka(), topic));
  qnzs::tests::make_topic_on(2, gateway.kafka(), qnzs::tests::transaction_states());
  gateway.start();
  Oracle oracle(gateway.kafka());
  Platform platform(gateway.port(), oracle, 6, 10ms);
  const auto queued = [&] {
    return qnzs::tests::metric(gateway.admin_port(), "qnzs_journal_entries{state=\"queued\"}")
        .value_or(-1);
  };
  std::this_thread::sleep_for(2s);
  for (int round = 0; round < 2; ++round) {
    coordinator.stop();
    const auto answered = oracle.answered_count();
    std::this_thread::sleep_for(8s);  // longer than a transaction may take
    CHECK(oracle.answered_count() > answered + 200);
    CHECK(queued() > 200);  // nothing flows without it, though every partition has its leader
    coordinator.start();
    CHECK(becomes_true([&] { return queued() < 100; }));
  }
  platform.stop(10s);
  judge(oracle, gateway, 500);
  stop(gateway);
}
