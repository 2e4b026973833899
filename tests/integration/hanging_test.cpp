// Transactions whose end Kafka lost: the coordinator takes a partition without a leader for deleted
// and never tells it. Every record must still be seen, and once.
#include "gateway/kafka/client_conf.hpp"
#include "gateway/kafka/position.hpp"
#include "tests/support/becomes_true.hpp"
#include "tests/support/gateway_process.hpp"
#include "tests/support/judge.hpp"
#include "tests/support/kafka_admin.hpp"
#include "tests/support/kafka_broker.hpp"
#include "tests/support/lost_markers.hpp"
#include "tests/support/open_transaction.hpp"
#include "tests/support/oracle.hpp"
#include "tests/support/platform.hpp"
#include "tests/support/push.hpp"

#include <doctest/doctest.h>

#include <string>
#include <thread>

using namespace std::chrono_literals;
namespace kafka = qnzs::kafka;
namespace schema = qnzs::schema;
using qnzs::tests::abort_everywhere;
using qnzs::tests::becomes_true;
using qnzs::tests::GatewayProcess;
using qnzs::tests::judge;
using qnzs::tests::KafkaBroker;
using qnzs::tests::lose_markers;
using qnzs::tests::LostOn;
using qnzs::tests::Oracle;
using qnzs::tests::Platform;
using qnzs::tests::push;
using qnzs::tests::records;

namespace {

// Each test stops and starts it; what they write has prefixes of its own.
KafkaBroker& shared_broker() {
  static KafkaBroker one;
  return one;
}

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

const qnzs::config::KafkaSettings& started(GatewayProcess& gateway) {
  gateway.start();
  return gateway.kafka();
}

// A gateway with some load behind it, all of which readers see.
struct Loaded {
  explicit Loaded(const std::string& more = "")
      : gateway(shared_broker().address(), more), oracle(started(gateway)) {
    load(gateway, oracle);
    wait_for_ends(oracle);
  }
  GatewayProcess gateway;
  Oracle oracle;
};

// The gateway is gone, its last transactions have lost their ends there (and another abort has come
// in their place), and it comes back.
void lose_and_return(LostOn where, bool is_aborted = false) {
  auto& broker = shared_broker();
  Loaded loaded;
  auto& [gateway, oracle] = loaded;
  gateway.kill();
  broker.stop();
  REQUIRE(lose_markers(broker.folder(), gateway.kafka(), where) > 0);
  broker.start();
  if (is_aborted) abort_everywhere(gateway.kafka());
  oracle.read_again();
  gateway.start();
  CHECK(becomes_true([&] { return value(gateway, hanging_found) >= 1; }));
  load(gateway, oracle);
  judge(oracle, gateway, 101);
  const std::string told = is_aborted ? "commit_unseen" : "hanging_transaction";
  CHECK(gateway.log().contains("\"event\":\"" + told + "\""));
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

TEST_CASE("An abort taken for the end of a commit that was answered neither loses nor repeats") {
  lose_and_return(LostOn::everywhere, true);
}

TEST_CASE("Aborted on the positions topic alone, what readers see is not published again") {
  lose_and_return(LostOn::positions, true);
}

TEST_CASE("Aborted in one partition alone, it is published again there alone") {
  lose_and_return(LostOn::one_messages_partition, true);
}

TEST_CASE("The gateway's own abort, taken for the end of its last commit, loses nothing") {
  auto& broker = shared_broker();
  GatewayProcess gateway(broker.address());
  gateway.start();
  REQUIRE(push(gateway, 1) == 200);
  REQUIRE(records(gateway.kafka(), schema::Topic::messages, 1).size() == 1);
  const auto topic = kafka::topic_name(gateway.kafka(), schema::Topic::messages);
  qnzs::tests::set_topic_config(gateway.kafka(), topic, "max.message.bytes", "3000");
  broker.stop();
  REQUIRE(lose_markers(broker.folder(), gateway.kafka(), LostOn::one_messages_partition) == 1);
  broker.start();
  auto large = qnzs::tests::text_push(2);  // refused, in the partition of the first
  large.openid = qnzs::tests::text_push(1).openid;
  large.text = qnzs::tests::incompressible(8000);
  REQUIRE(push(gateway, large) == 200);
  CHECK(records(gateway.kafka(), schema::Topic::dead_letters, 1).size() == 1);
  const auto seen = records(gateway.kafka(), schema::Topic::messages, 1);
  REQUIRE(seen.size() == 1);
  CHECK(std::stoi(kafka::header_of(seen[0], "ce_sequence")) == 1);
  INFO(gateway.log());
  CHECK(gateway.log().contains("commit_unseen"));
}

TEST_CASE(
    "Behind another's transaction that never ends, a start repeats nothing and waits for no one") {
  Loaded loaded(look_often);
  auto& [gateway, oracle] = loaded;
  qnzs::tests::OpenTransaction other(gateway.kafka(),
                                     kafka::topic_name(gateway.kafka(), schema::Topic::messages));
  load(gateway, oracle);  // readers see none of it
  CHECK(oracle.judge(1s).missing > 0);
  gateway.kill();
  gateway.start();
  load(gateway, oracle);
  other.abort();
  judge(oracle, gateway, 301);
  CHECK(value(gateway, hanging_found) == 0);
}

TEST_CASE("A gateway with nothing to do finds what hangs and shows it to the readers") {
  auto& broker = shared_broker();
  Loaded loaded(look_often);
  auto& [gateway, oracle] = loaded;
  CHECK(value(gateway, hanging_found) == 0);
  CHECK(becomes_true([&] {  // a start after a long silence has nothing to look through
    const auto found = kafka::read_position(gateway.kafka(), "test", 20s);
    if (!found || !*found || !(*found)->settled) return false;
    return (*found)->settled->sequence == (*found)->sequence;
  }));
  broker.stop();
  REQUIRE(lose_markers(broker.folder(), gateway.kafka(), LostOn::everywhere) > 0);
  broker.start();
  oracle.read_again();
  judge(oracle, gateway, 101);
  CHECK(value(gateway, hanging_found) >= 1);
}

TEST_CASE("Readers stand still where a transaction hangs until the gateway comes") {
  auto& broker = shared_broker();
  Loaded loaded;
  auto& [gateway, oracle] = loaded;
  gateway.kill();
  broker.stop();
  REQUIRE(lose_markers(broker.folder(), gateway.kafka(), LostOn::everywhere) > 0);
  broker.start();
  oracle.read_again();
  CHECK(oracle.judge(8s).missing > 0);
}
