// What brokers answer to a producer, injected by librdkafka's own mock of a cluster.
#include "gateway/kafka/producer.hpp"

#include "gateway/kafka/client_conf.hpp"

#include <doctest/doctest.h>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <chrono>
#include <initializer_list>
#include <optional>
#include <thread>

namespace kafka = qnzs::kafka;
using kafka::Cause;
using kafka::Remedy;

namespace {

// Numbers of Kafka's protocol.
enum class Api : std::int16_t { produce = 0, init_producer_id = 22, end_transaction = 26 };

struct MockKafka {
  MockKafka() {
    settings.bootstrap_servers = rd_kafka_mock_cluster_bootstraps(cluster.get());
    settings.compression = "none";
  }
  void fail_next(Api api, std::initializer_list<rd_kafka_resp_err_t> errors) {
    rd_kafka_mock_push_request_errors_array(cluster.get(), static_cast<std::int16_t>(api),
                                            errors.size(), errors.begin());
  }
  kafka::Producer producer() {
    kafka::Producer made(settings, publisher, "test");
    REQUIRE(made.init(never));
    return made;
  }
  std::expected<void, kafka::KafkaError> publish(kafka::Producer& producer) {
    std::vector<kafka::SequencedRecord> records(1);
    records[0].sequence = ++last;
    records[0].record.key = "conversation";
    records[0].record.value = "{}";
    return producer.publish(records, "{}", never);
  }

  // Follows the remedies, as the publisher does: the same producer, or a new one.
  bool publishes_again(kafka::Producer& first) {
    auto* producer = &first;
    std::optional<kafka::Producer> next;
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (std::chrono::steady_clock::now() < until) {
      const auto outcome = publish(*producer);
      if (outcome) return true;
      if (outcome.error().remedy == Remedy::rebuild) {
        next.emplace(this->producer());
        producer = &*next;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
    }
    return false;
  }

  static bool never() { return false; }
  static kafka::ConfHandle quiet() {
    kafka::ConfHandle conf(rd_kafka_conf_new());
    kafka::set(conf.get(), "bootstrap.servers", "127.0.0.1:1");  // it only owns the mock
    kafka::set(conf.get(), "log_level", "0");
    return conf;
  }
  kafka::ClientHandle owner{kafka::make_client(kafka::ClientKind::producer, quiet())};
  std::unique_ptr<rd_kafka_mock_cluster_t, decltype([](rd_kafka_mock_cluster_t* cluster) {
                    rd_kafka_mock_cluster_destroy(cluster);
                  })>
      cluster{rd_kafka_mock_cluster_new(owner.get(), 1)};
  qnzs::config::KafkaSettings settings;
  qnzs::config::PublisherSettings publisher;
  std::uint64_t last = 0;
};

}  // namespace

TEST_CASE("A transaction that must be aborted is, and publishing goes on as the remedies say") {
  MockKafka mock;
  auto producer = mock.producer();
  REQUIRE(mock.publish(producer));
  mock.fail_next(Api::produce, {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED});
  const auto failed = mock.publish(producer);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().remedy == Remedy::abort);
  CHECK(failed.error().cause == Cause::not_authorised);
  CHECK(mock.publishes_again(producer));
}

TEST_CASE("A record that the broker refuses for ever is named, and publishing goes on") {
  MockKafka mock;
  auto producer = mock.producer();
  mock.fail_next(Api::produce, {RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE});
  const auto failed = mock.publish(producer);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().remedy == Remedy::refuse);
  CHECK(failed.error().refused == std::vector<std::size_t>{0});
  CHECK(mock.publishes_again(producer));
}

TEST_CASE("A fenced producer is done for, and a new one publishes") {
  MockKafka mock;
  auto producer = mock.producer();
  REQUIRE(mock.publish(producer));
  mock.fail_next(Api::end_transaction, {RD_KAFKA_RESP_ERR_PRODUCER_FENCED});
  const auto failed = mock.publish(producer);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().remedy == Remedy::rebuild);
  CHECK(failed.error().cause == Cause::fenced);
  const auto again = mock.publish(producer);  // a fatal error stays
  REQUIRE_FALSE(again);
  CHECK(again.error().remedy == Remedy::rebuild);
  auto next = mock.producer();
  CHECK(mock.publish(next));
}

TEST_CASE("Any other fatal error asks for a new producer too") {
  MockKafka mock;
  auto producer = mock.producer();
  mock.fail_next(Api::end_transaction, {RD_KAFKA_RESP_ERR_INVALID_TXN_STATE});
  const auto failed = mock.publish(producer);
  REQUIRE_FALSE(failed);
  CHECK(failed.error().remedy == Remedy::rebuild);
  auto next = mock.producer();
  CHECK(mock.publish(next));
}

TEST_CASE("What the broker takes at the second attempt is no error at all") {
  MockKafka mock;
  auto producer = mock.producer();
  mock.fail_next(Api::end_transaction, {RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
                                        RD_KAFKA_RESP_ERR_NOT_COORDINATOR});
  mock.fail_next(Api::produce, {RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION});
  CHECK(mock.publish(producer));
}

TEST_CASE("Waiting for a coordinator ends when it is called off") {
  MockKafka mock;
  kafka::Producer producer(mock.settings, mock.publisher, "test");
  for (int i = 0; i < 50; ++i)
    mock.fail_next(Api::init_producer_id, {RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS});
  const auto failed = producer.init([] { return true; });
  REQUIRE_FALSE(failed);
  CHECK(failed.error().remedy == Remedy::retry);
}
