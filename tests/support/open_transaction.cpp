#include "tests/support/open_transaction.hpp"

#include "gateway/kafka/client_conf.hpp"
#include "gateway/kafka/consumer.hpp"

#include <librdkafka/rdkafka.h>

#include <array>
#include <chrono>
#include <stdexcept>

namespace qnzs::tests {
namespace {

constexpr int time_ms_max = 20'000;

void expect_none(rd_kafka_error_t* raw) {
  const kafka::ErrorHandle error(raw);
  if (error) throw std::runtime_error(rd_kafka_error_string(error.get()));
}

kafka::ConfHandle conf_of(const config::KafkaSettings& settings, kafka::Troubles& troubles) {
  auto conf = kafka::client_conf(settings, troubles);
  kafka::set(conf.get(), "transactional.id", settings.topic_prefix + "another");
  kafka::set(conf.get(), "transaction.timeout.ms", "120000");
  return conf;
}

}  // namespace

struct OpenTransaction::Impl {
  explicit Impl(const config::KafkaSettings& settings)
      : client(kafka::make_client(kafka::ClientKind::producer, conf_of(settings, troubles))) {}

  void write_to(rd_kafka_topic_t* topic, std::int32_t partition) {
    std::array<rd_kafka_vu_t, 3> arguments{};
    arguments[0].vtype = RD_KAFKA_VTYPE_RKT;
    arguments[0].u.rkt = topic;
    arguments[1].vtype = RD_KAFKA_VTYPE_PARTITION;
    arguments[1].u.i32 = partition;
    arguments[2].vtype = RD_KAFKA_VTYPE_VALUE;
    arguments[2].u.mem = {.ptr = client.get(), .size = 1};
    expect_none(rd_kafka_produceva(client.get(), arguments.data(), arguments.size()));
  }

  kafka::Troubles troubles;  // outlives the client
  kafka::ClientHandle client;
};

OpenTransaction::OpenTransaction(const config::KafkaSettings& kafka, const std::string& topic)
    : impl_(std::make_unique<Impl>(kafka)) {
  kafka::Consumer consumer(kafka, {});
  const auto ends = consumer.ends(topic, std::chrono::milliseconds(time_ms_max));
  if (!ends) throw std::runtime_error(ends.error().reason);
  auto* client = impl_->client.get();
  expect_none(rd_kafka_init_transactions(client, time_ms_max));
  expect_none(rd_kafka_begin_transaction(client));
  const kafka::TopicHandle handle(rd_kafka_topic_new(client, topic.c_str(), nullptr));
  for (const auto& end : *ends) impl_->write_to(handle.get(), end.partition);
  if (rd_kafka_flush(client, time_ms_max) != RD_KAFKA_RESP_ERR_NO_ERROR)
    throw std::runtime_error("what was written does not reach Kafka");
}

OpenTransaction::~OpenTransaction() = default;

void OpenTransaction::abort() {
  expect_none(rd_kafka_abort_transaction(impl_->client.get(), time_ms_max));
}

}  // namespace qnzs::tests
