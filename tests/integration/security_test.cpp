// How the gateway logs in at a real Kafka, and what it says when it may not.
#include "gateway/kafka/client_conf.hpp"
#include "tests/support/becomes_true.hpp"
#include "tests/support/judge.hpp"
#include "tests/support/kafka_admin.hpp"
#include "tests/support/kafka_broker.hpp"
#include "tests/support/platform.hpp"

#include <doctest/doctest.h>
#include <librdkafka/rdkafka.h>

#include <cstdlib>
#include <thread>

using namespace std::chrono_literals;
using qnzs::tests::becomes_true;
using qnzs::tests::GatewayProcess;
using qnzs::tests::KafkaBroker;

namespace {

constexpr const char* right_password = "qnzs-development";

KafkaBroker& broker() {
  static KafkaBroker one({"--sasl-port", "0", "--tls-port", "0"});
  return one;
}

std::string sasl(const std::string& mechanism) {
  return "security_protocol = \"sasl_plaintext\"\nsasl_mechanism = \"" + mechanism +
         "\"\nsasl_username = \"qnzs\"\nsasl_password = \"${KAFKA_PASSWORD}\"\n";
}

std::string tls(const std::string& authority_file) {
  return "security_protocol = \"ssl\"\ntls_ca_file = \"" + authority_file + "\"\n";
}

bool publishes(const GatewayProcess& gateway) {
  return qnzs::tests::metric(gateway.admin_port(), "qnzs_publisher_publishing") == 1;
}

bool says(const GatewayProcess& gateway, const std::string& words) {
  return qnzs::tests::fetch(gateway.admin_port(), "/readyz").value_or("").contains(words);
}

// What an administrator uses: the listener that asks for no password.
qnzs::config::KafkaSettings by_administrator(const GatewayProcess& gateway) {
  auto settings = gateway.kafka();
  settings.bootstrap_servers = broker().address();
  return settings;
}

}  // namespace

TEST_CASE("A login by PLAIN works, and a wrong password is named and heals after a restart") {
  setenv("KAFKA_PASSWORD", "wrong", 1);
  GatewayProcess gateway(broker().sasl_address(), "", sasl("PLAIN"));
  gateway.start();
  CHECK(becomes_true([&] { return says(gateway, "Kafka 拒绝登录"); }));
  CHECK_FALSE(publishes(gateway));
  stop(gateway);
  setenv("KAFKA_PASSWORD", right_password, 1);
  gateway.start();
  CHECK(becomes_true([&] { return publishes(gateway); }));
  CHECK_FALSE(gateway.log().contains(right_password));
}

// librdkafka before 2.6.1 speaks SCRAM in a way that Kafka refuses since CVE-2024-56128 was mended
// (3.7.2 and newer), so the older Kafka is the one on which Debian's can show that ours is right.
TEST_CASE("A login by SCRAM works with both digests") {
  setenv("KAFKA_PASSWORD", right_password, 1);
  const KafkaBroker before_the_mending({"--version", "3.7.1", "--sasl-port", "0"});
  for (const std::string mechanism : {"SCRAM-SHA-256", "SCRAM-SHA-512"}) {
    CAPTURE(mechanism);
    GatewayProcess gateway(before_the_mending.sasl_address(), "", sasl(mechanism));
    gateway.start();
    INFO(gateway.log());
    CHECK(becomes_true([&] { return publishes(gateway); }));
    CHECK_FALSE(gateway.log().contains(right_password));
  }
}

TEST_CASE("A login by SCRAM that Kafka 4 refuses because of an old librdkafka is explained") {
  setenv("KAFKA_PASSWORD", right_password, 1);
  GatewayProcess gateway(broker().sasl_address(), "", sasl("SCRAM-SHA-256"));
  gateway.start();
  INFO(gateway.log());
  const bool is_old = rd_kafka_version() < 0x020601ff;
  CHECK(becomes_true(
      [&] { return is_old ? says(gateway, "请改用 PLAIN 加 TLS") : publishes(gateway); }));
}

TEST_CASE("A connection by TLS works, and a broker that another authority vouches for is refused") {
  GatewayProcess gateway(broker().tls_address(), "", tls(broker().authority_file()));
  gateway.start();
  CHECK(becomes_true([&] { return publishes(gateway); }));
  GatewayProcess stranger(broker().tls_address(), "", tls("/etc/ssl/certs/ca-certificates.crt"));
  stranger.start();
  CHECK(becomes_true([&] { return says(stranger, "kafka.tls_*"); }));
  CHECK_FALSE(publishes(stranger));
}

TEST_CASE("The right to write, revoked and given back: named, then all is published by itself") {
  setenv("KAFKA_PASSWORD", right_password, 1);
  GatewayProcess gateway(broker().sasl_address(), "", sasl("PLAIN"));
  gateway.start();
  CHECK(becomes_true([&] { return publishes(gateway); }));
  const auto administrator = by_administrator(gateway);
  const auto topic = qnzs::kafka::topic_name(gateway.kafka(), qnzs::schema::Topic::messages);
  qnzs::tests::Oracle oracle(administrator);
  qnzs::tests::Platform platform(gateway.port(), oracle, 3, 20ms);
  std::this_thread::sleep_for(1s);
  qnzs::tests::revoke_writing(administrator, "qnzs", topic);
  CHECK(becomes_true([&] { return says(gateway, "Kafka 未授权"); }));
  const auto answered = oracle.answered_count();
  std::this_thread::sleep_for(2s);
  CHECK(oracle.answered_count() > answered);  // answers never depend on Kafka
  qnzs::tests::give_writing_back(administrator, "qnzs", topic);
  std::this_thread::sleep_for(1s);
  platform.stop(5s);
  judge(oracle, gateway);
}
