#pragma once

#include "config/gateway.hpp"
#include "gateway/kafka/error.hpp"
#include "gateway/kafka/hanging.hpp"
#include "gateway/kafka/position.hpp"
#include "gateway/kafka/producer.hpp"
#include "gateway/kafka/record.hpp"
#include "gateway/runtime/metrics.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>

namespace qnzs::kafka {

enum class PublisherState : std::uint8_t { stopped, connecting, publishing, troubled, waiting };

// A snapshot, for readiness and tests.
struct PublisherStatus {
  PublisherState state = PublisherState::stopped;
  std::string explanation;  // Chinese, what is wrong and what to do; empty while all is well
  // All that the source held at the last commit or look is on Kafka, and readers see it.
  bool is_all_seen = false;
};

// Brings what a source holds to Kafka: exactly once for read_committed readers, in the source's
// order, one transaction after another, each with the source's position. Every trouble ends when
// its cause does; nothing that waits for Kafka is ever given up. One thread of its own.
class Publisher {
 public:
  // All but the settings must outlive the publisher. Throws std::invalid_argument or
  // std::runtime_error when the client library refuses the settings; does not connect.
  Publisher(const config::KafkaSettings& kafka, const config::PublisherSettings& settings,
            RecordSource& source, runtime::Metrics& metrics);
  ~Publisher();  // stops at once when `stop` was not called
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;

  void start();
  // Publishes what is there, at most so long (not at all while Kafka is in trouble, or with nothing
  // to publish), and ends.
  // Blocking. The source keeps what is left.
  void stop(std::chrono::milliseconds time_max);

  // Safe from any thread.
  PublisherStatus status() const;

 private:
  using Clock = std::chrono::steady_clock;
  // Of one question to Kafka while connecting.
  static constexpr std::chrono::milliseconds request_time{10'000};

  void run();
  bool connect();
  bool find_start();
  bool begin_again(std::optional<Position>& position);
  // What a look has found on Kafka.
  struct OnKafka {
    std::optional<Position> position;  // that readers see
    Hanging look;
    std::uint64_t answered_until = 0;  // of a patch: what others hide up to here counts as seen
  };
  schema::Result<Hanging> look(const Patience& patience);
  std::optional<OnKafka> settle_kafka(const Patience& patience);
  schema::Result<Hanging> close(const Hanging& hanging, const Patience& patience);
  template <class Ask, class IsCalm>
  auto ask_until_calm(std::chrono::milliseconds time_max, const Patience& patience, Ask ask,
                      IsCalm is_calm);
  std::chrono::milliseconds others_time() const;
  schema::Result<std::set<std::uint64_t>> wait_for_others(const Settled& settled,
                                                          std::uint64_t until,
                                                          std::chrono::milliseconds time_max,
                                                          const Patience& patience);
  bool is_hidden() const;
  // What is to be found behind a settled place.
  struct Sought {
    Settled settled;
    std::uint64_t until = 0;           // what others hide up to here is waited for
    std::uint64_t answered_until = 0;  // and up to here counts as seen, if it stays hidden
    bool is_enough = false;            // once all up to `until` is seen, no more is read
  };
  schema::Result<std::set<std::uint64_t>> seen_behind(const Sought& sought,
                                                      const Patience& patience);
  schema::Result<bool> unseen_of(const std::set<std::uint64_t>& hidden, const Patience& patience);
  bool patch_unseen(OnKafka& found, const Patience& patience);
  bool put_patch(const Position& position);
  bool look_through(const OnKafka& found, const Patience& patience);
  bool is_unsettled();
  bool give_up(const schema::Error& error);  // always false
  void note_topic_lost(std::uint64_t kept_from);
  void note_hanging(const Hanging& hanging, bool is_left);
  void note_match(const StartPoint& start, const std::optional<Position>& on_kafka);
  void publish_until_trouble();
  bool publish_batch();
  bool commit(std::span<const SequencedRecord> batch, std::uint64_t last);
  void note_gone(std::uint64_t next);
  bool settle(const KafkaError& error, std::span<const SequencedRecord> batch);
  bool set_aside(const SequencedRecord& item, const std::string& reason);

  void say(PublisherState state);
  void show(PublisherState state);
  void trouble(const KafkaError& error);
  void trouble(PublisherState state, bool is_for_person, const std::string& what,
               const std::string& explanation);
  void pause();
  void gather();
  bool is_over() const;
  bool is_drained() const;

  const config::KafkaSettings kafka_;
  const config::PublisherSettings settings_;
  RecordSource& source_;

  // Only the publisher's thread.
  std::optional<Producer> producer_;
  std::uint64_t after_ = 0;         // everything up to here is on Kafka
  bool is_behind_ = false;          // nothing was read yet since Kafka was found behind
  bool is_topic_lost_ = false;      // one was missing: what it held may be gone
  std::uint64_t single_until_ = 0;  // up to here one record in each transaction: one is refused
  std::uint64_t patch_until_ = 0;   // what readers see of the patch stands in `visible_`
  std::set<std::uint64_t> visible_;
  Settled settled_;
  std::uint64_t settled_on_kafka_ = 0;             // as the last position there says
  std::optional<Clock::time_point> hidden_since_;  // others hide what was published
  Clock::time_point look_at_;                      // when to look again for what hangs
  Clock::time_point began_at_;                     // the transaction before
  bool is_in_doubt_ = false;  // a transaction failed since: look before the next one
  std::chrono::milliseconds pause_{0};
  std::minstd_rand random_{std::random_device{}()};

  mutable std::mutex mutex_;
  std::condition_variable stop_asked_;
  PublisherStatus status_;         // guarded by mutex_
  std::string topic_differences_;  // guarded by mutex_, as the next; told though all works
  std::string position_note_;
  std::atomic<bool> is_all_seen_{false};
  std::atomic<bool> stopping_{false};
  std::atomic<Clock::time_point> give_up_at_{Clock::time_point::max()};

  runtime::Gauge state_gauge_;
  std::array<runtime::Gauge, 5> states_;  // by PublisherState
  runtime::Counter committed_, failed_, records_, set_aside_counter_, behind_, foreign_, hanging_;
  runtime::Histogram commit_seconds_, batch_entries_;
  std::thread thread_;
};

}  // namespace qnzs::kafka
