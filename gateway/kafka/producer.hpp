#pragma once

#include "config/gateway.hpp"
#include "gateway/kafka/consumer.hpp"
#include "gateway/kafka/error.hpp"
#include "gateway/kafka/record.hpp"

#include <expected>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace qnzs::kafka {

// A transactional producer. One thread uses it. Calls block until they are done or have failed, for
// a bounded time (then the remedy is `rebuild`), or until `is_over` says so, which is asked about
// every quarter of a second (then it is `retry`).
class Producer {
 public:
  using IsOver = std::function<bool()>;

  // Throws std::invalid_argument or std::runtime_error when the settings cannot make a client. Does
  // not connect.
  Producer(const config::KafkaSettings& kafka, const config::PublisherSettings& publisher,
           std::string_view journal_id);
  // Bounded, also with the broker away. An open transaction is left to whoever calls `init` next.
  ~Producer();
  Producer(Producer&&) noexcept;

  // Fences earlier producers of this journal and settles their open transaction.
  std::expected<void, KafkaError> init(const IsOver& is_over);

  // One transaction: the records in order, and `position` under the journal's id on the positions
  // topic. After an error nothing of it will be seen by a read_committed consumer, except after
  // `rebuild` when the commit was under way: only the position on Kafka knows then.
  std::expected<void, KafkaError> publish(std::span<const SequencedRecord> records,
                                          std::string_view position, const IsOver& is_over);

  // Writes one record into each of these partitions and aborts it, so that a transaction of this
  // journal's that hangs there (hanging.hpp) is aborted with it.
  std::expected<void, KafkaError> close_hanging(const std::vector<TopicOffset>& partitions,
                                                const IsOver& is_over);

  // The steps of `publish`, for tests that stop between them.
  std::expected<void, KafkaError> begin();
  std::expected<void, KafkaError> send(std::span<const SequencedRecord> records,
                                       std::string_view position, const IsOver& is_over);
  std::expected<void, KafkaError> commit(const IsOver& is_over);
  std::expected<void, KafkaError> abort(const IsOver& is_over);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace qnzs::kafka
