#pragma once

#include "gateway/kafka/record.hpp"
#include "gateway/kafka/topic_reader.hpp"
#include "tools/cli/replay_selection.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>

namespace qnzs::cli {

// What is published again, as a source for the publisher: records come from a topic as they are
// needed and stay until they are on Kafka. Its sequences count the replay; its name is its own, so
// that its position is, too. Once: a replay that is killed and begun anew is another one.
class ReplaySource final : public kafka::RecordSource {
 public:
  using Judge = std::function<Judged(const kafka::ConsumedRecord&)>;

  // `records_per_second` 0 = as fast as it goes. The judge is called from the publisher's thread.
  ReplaySource(kafka::TopicReader reader, Judge judge, std::int64_t records_per_second);

  std::string_view id() const override { return id_; }
  schema::Result<std::vector<kafka::SequencedRecord>> read(std::uint64_t after,
                                                           std::size_t records_max,
                                                           std::size_t bytes_max) override;
  bool wait(std::uint64_t after, std::chrono::milliseconds time_max) override;
  void wake() override {}
  std::uint64_t published() const override { return published_; }
  std::uint64_t last() const override { return last_; }
  kafka::Position position_at(std::uint64_t sequence) override { return {sequence, id_, {}}; }
  void hold(std::uint64_t) override {}  // the topic it reads keeps everything
  void mark_published(std::uint64_t sequence) override;
  schema::Result<void> set_aside(std::uint64_t sequence, std::string_view reason) override;

  // Safe from any thread: the topic is read to its end and all of it is on Kafka or refused by it.
  bool is_finished() const { return is_finished_; }
  std::uint64_t refused() const { return refused_; }

 private:
  using Clock = std::chrono::steady_clock;
  void fill(std::chrono::milliseconds time_max);
  void release();

  const std::string id_;
  kafka::TopicReader reader_;
  const Judge judge_;
  const std::int64_t records_per_second_;
  const Clock::time_point begun_ = Clock::now();
  std::deque<kafka::Record> pending_;          // judged, held back by the rate
  std::deque<kafka::SequencedRecord> window_;  // given to the publisher, not yet on Kafka
  std::uint64_t last_ = 0;                     // sequence of the newest in the window
  std::atomic<std::uint64_t> published_{0};
  std::atomic<std::uint64_t> refused_{0};
  std::atomic<bool> is_finished_{false};
};

}  // namespace qnzs::cli
