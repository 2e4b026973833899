// `qnzs journal verify` beside a gateway that goes on.
#include "gateway/kafka/consumer.hpp"
#include "gateway/kafka/topics.hpp"
#include "tests/support/becomes_true.hpp"
#include "tests/support/fault_point.hpp"
#include "tests/support/judge.hpp"
#include "tests/support/kafka_admin.hpp"
#include "tests/support/kafka_broker.hpp"
#include "tests/support/platform.hpp"
#include "tests/support/push.hpp"
#include "tools/cli/command.hpp"

#include <doctest/doctest.h>

#include <sstream>
#include <thread>

using namespace std::chrono_literals;
using qnzs::tests::GatewayProcess;
using qnzs::tests::KafkaBroker;
using qnzs::tests::Oracle;
using qnzs::tests::Platform;

namespace {

struct Verified {
  std::ostringstream out, err;
  int code;
  explicit Verified(const GatewayProcess& gateway)
      : code(qnzs::cli::run({"journal", "verify", "--config", gateway.config_file()}, out, err)) {}
};

// Before it there may be no topics to look at.
void start_publishing(GatewayProcess& gateway) {
  gateway.start();
  REQUIRE(qnzs::tests::becomes_true(
      [&] { return qnzs::tests::metric(gateway.admin_port(), "qnzs_publisher_publishing") == 1; }));
}

}  // namespace

TEST_CASE(
    "Verifying beside a gateway under load finds nothing, a lost topic is found, and Kafka "
    "away is no fault of the journal") {
  KafkaBroker broker;
  GatewayProcess gateway(broker.address());
  start_publishing(gateway);
  {
    Oracle oracle(gateway.kafka());
    Platform platform(gateway.port(), oracle, 8, 0ms);
    std::this_thread::sleep_for(1s);
    for (int i = 0; i < 5; ++i) {
      const Verified verified(gateway);
      CHECK_MESSAGE(verified.code == 0, verified.out.str(), verified.err.str());
    }
    platform.stop(5s);
    judge(oracle, gateway);
  }
  stop(gateway);
  const auto topic = qnzs::kafka::topic_plan(gateway.kafka(), qnzs::schema::Topic::messages);
  qnzs::tests::delete_topic(gateway.kafka(), topic.name);
  qnzs::tests::make_topic_on(1, gateway.kafka(),
                             topic);  // the gateway, started, would fill it again
  qnzs::kafka::Consumer consumer(gateway.kafka(), {});
  REQUIRE(qnzs::tests::becomes_true([&] { return consumer.ends(topic.name, 5s).has_value(); }));
  const Verified lost(gateway);
  CHECK(lost.code == 1);
  CHECK(lost.out.str().contains("不在主题上"));
  broker.stop();
  const Verified away(gateway);
  CHECK(away.code == 69);
  CHECK(away.err.str().contains("Kafka 连不上"));
  CHECK_FALSE(away.err.str().contains("日志账打不开"));
}

TEST_CASE("What a platform says again once its id is forgotten is no finding" *
          doctest::skip(!qnzs::tests::FalseClock::is_possible)) {
  const KafkaBroker broker;
  const qnzs::tests::FalseClock clock;
  GatewayProcess gateway(broker.address());
  gateway.start(clock.environment());
  CHECK(qnzs::tests::push(gateway, 1) == 200);
  REQUIRE(qnzs::tests::records(gateway.kafka(), qnzs::schema::Topic::messages, 1).size() == 1);
  stop(gateway);
  clock.set(25h);
  gateway.start(clock.environment());
  CHECK(qnzs::tests::push(gateway, 1) == 200);
  CHECK(qnzs::tests::push(gateway, 1) == 200);  // within its time again: a repeat
  const auto all = qnzs::tests::records(gateway.kafka(), qnzs::schema::Topic::messages, 2);
  CHECK(all.size() == 2);
  const Verified verified(gateway);
  CHECK_MESSAGE(verified.code == 0, verified.out.str(), verified.err.str());
  stop(gateway);
}
