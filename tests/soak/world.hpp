#pragma once

#include "tests/support/fault_point.hpp"
#include "tests/support/gateway_process.hpp"
#include "tests/support/kafka_broker.hpp"
#include "tests/support/power_cut.hpp"
#include "tests/support/small_disk.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace qnzs::tests {

// A gateway, its disk and its Kafka of two brokers (the second one begins as the transaction
// coordinator alone), and the faults that can befall them. Where a message is kept twice, in the
// journal and on Kafka, only one of the two is ever destroyed: an even seed loses topics, an odd
// one damages the journal.
class World {
 public:
  // What it does is said on std::cout with its second.
  explicit World(std::uint32_t seed);

  // One at random. Throws std::runtime_error when the gateway does what it must not.
  void fault();
  // All that is away or taken comes back.
  void heal();

  const GatewayProcess& gateway() const { return gateway_; }
  const config::KafkaSettings& kafka() const { return kafka_; }  // as its administrator sees it
  std::chrono::milliseconds milliseconds(int from, int to);
  // Topics began anew, so that who has read them since the start must read again.
  bool is_topic_new() const { return is_topic_new_; }
  // At most so many answered messages may be missing: the damages that were done and named.
  std::size_t named() const { return named_; }
  std::size_t queued() const;

 private:
  void kill_gateway();
  void die_at_a_point();
  void cut_power();
  void freeze();
  void set_clock();
  void fill_disk();
  void turn_broker();
  void turn_coordinator();
  void turn_right_to_write();
  void lose_topic();
  void empty_kafka();
  void cut_off_journal();
  void damage_message();

  void say(const std::string& fault) const;
  int number(int from, int to);
  bool is_kafka_whole() const;
  bool publishes() const;
  std::string topic() const;
  void place_coordinator() const;
  void start();
  void stop_gateway();
  std::vector<std::string> environment() const;

  const std::chrono::steady_clock::time_point started_ = std::chrono::steady_clock::now();
  std::mt19937 random_;
  const bool are_topics_lost_;
  KafkaBroker broker_{{"--sasl-port", "0"}};
  KafkaBroker coordinator_{{"--sasl-port", "0", "--join", broker_.folder()}};
  const FalseClock clock_;
  SmallDisk disk_{0};
  GatewayProcess gateway_;
  config::KafkaSettings kafka_;
  PowerCut power_{disk_.file("journal.db")};
  bool is_broker_away_ = false, is_coordinator_away_ = false, is_writing_denied_ = false;
  bool is_topic_new_ = false;
  std::size_t named_ = 0;
};

}  // namespace qnzs::tests
