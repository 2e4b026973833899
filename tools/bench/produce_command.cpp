#include "tools/bench/bench.hpp"

#include <CLI/CLI.hpp>
#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <vector>

namespace qnzs::bench {
namespace {

struct Options {
  std::string bootstrap, topic = "qnzs.bench.produce";
  std::size_t count = 200'000, bytes = 1100;
};

using Clock = std::chrono::steady_clock;

// The record's number is its opaque.
struct Delivery {
  std::vector<Clock::time_point> handed_over;
  std::vector<double> latencies_ms;  // of what was delivered, as it came
};

void note_report(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  auto& delivery = *static_cast<Delivery*>(opaque);
  const auto number = reinterpret_cast<std::uintptr_t>(message->_private);
  const std::chrono::duration<double, std::milli> latency =
      Clock::now() - delivery.handed_over[number];
  delivery.latencies_ms.push_back(latency.count());
}

rd_kafka_t* client_of(const Options& options, Delivery& delivery) {
  auto* conf = rd_kafka_conf_new();
  std::array<char, 512> error{};
  for (const auto& [name, value] : {std::pair{"bootstrap.servers", options.bootstrap.c_str()},
                                    {"enable.idempotence", "true"},
                                    {"acks", "all"},
                                    {"linger.ms", "1"},
                                    {"compression.codec", "lz4"}}) {
    if (rd_kafka_conf_set(conf, name, value, error.data(), error.size()) != RD_KAFKA_CONF_OK)
      throw std::runtime_error(error.data());
  }
  rd_kafka_conf_set_opaque(conf, &delivery);
  rd_kafka_conf_set_dr_msg_cb(conf, note_report);
  auto* client = rd_kafka_new(RD_KAFKA_PRODUCER, conf, error.data(), error.size());
  if (client == nullptr) throw std::runtime_error(error.data());
  return client;
}

void make_topic(rd_kafka_t* client, const Options& options) {
  auto* queue = rd_kafka_queue_new(client);
  auto* topic = rd_kafka_NewTopic_new(options.topic.c_str(), 12, 1, nullptr, 0);
  rd_kafka_CreateTopics(client, &topic, 1, nullptr, queue);
  rd_kafka_event_destroy(rd_kafka_queue_poll(queue, 20'000));
  rd_kafka_NewTopic_destroy(topic);
  rd_kafka_queue_destroy(queue);
}

void produce(rd_kafka_t* client, const Options& options, Delivery& delivery) {
  auto* topic = rd_kafka_topic_new(client, options.topic.c_str(), nullptr);
  std::string value(options.bytes, ' ');
  for (std::size_t i = 0; i < options.bytes; ++i)
    value[i] = static_cast<char>('a' + i * 7 % 26);  // compresses, but not to nothing
  for (std::size_t i = 0; i < options.count; ++i) {
    const auto key = std::to_string(i % 1000);
    delivery.handed_over.push_back(Clock::now());
    auto* const number = reinterpret_cast<void*>(i);
    while (rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, value.data(),
                            value.size(), key.data(), key.size(), number) != 0) {
      rd_kafka_poll(client, 10);  // its queue is full
    }
    if (i % 100 == 0) rd_kafka_poll(client, 0);
  }
  rd_kafka_flush(client, 60'000);
  rd_kafka_topic_destroy(topic);
}

void run(const Options& options) {
  Delivery delivery;
  delivery.handed_over.reserve(options.count);
  delivery.latencies_ms.reserve(options.count);
  auto* client = client_of(options, delivery);
  make_topic(client, options);
  const auto cpu = cpu_seconds();
  const auto start = Clock::now();
  produce(client, options, delivery);
  const std::chrono::duration<double> seconds = Clock::now() - start;
  const auto used = cpu_seconds() - cpu;
  rd_kafka_destroy(client);
  auto& latencies = delivery.latencies_ms;
  std::ranges::sort(latencies);
  print({{"delivered", static_cast<double>(latencies.size())},
         {"per_second", static_cast<double>(latencies.size()) / seconds.count()},
         {"p50_ms", quantile(latencies, 0.5)},
         {"p99_ms", quantile(latencies, 0.99)},
         {"p999_ms", quantile(latencies, 0.999)},
         {"cpu_s_per_100k", used * 1e5 / static_cast<double>(options.count)},
         {"rss_mib_max", rss_mib_max()}});
  if (latencies.size() != options.count) throw std::runtime_error("a record was not delivered");
}

}  // namespace

void add_produce(CLI::App& root) {
  auto options = std::make_shared<Options>();
  auto* command = root.add_subcommand("produce", "只用 Kafka 客户端发送,没有别的。");
  command->add_option("--bootstrap", options->bootstrap)->required();
  command->add_option("--count", options->count, "多少条");
  command->add_option("--bytes", options->bytes, "每条多少字节");
  command->callback([options] { run(*options); });
}

}  // namespace qnzs::bench
