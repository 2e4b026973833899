#include "gateway/kafka/producer.hpp"

#include "gateway/kafka/client_conf.hpp"
#include "gateway/kafka/handles.hpp"
#include "schema/cloud_event.hpp"

#include <librdkafka/rdkafka.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <utility>

namespace qnzs::kafka {
namespace {

using Outcome = std::expected<void, KafkaError>;

constexpr std::chrono::seconds init_time{30};
constexpr std::chrono::seconds abort_time{5};
constexpr std::chrono::seconds commit_grace{5};  // after the transaction has timed out
constexpr int slice_ms = 250;  // of a blocking call, between two questions whether it is over

// What the delivery reports of the open transaction have said; the opaque of the client.
struct Reports : Troubles {
  std::vector<std::size_t> refused;
  std::optional<KafkaError> failure;  // the first one that is no refusal
};

// Only failures are reported (delivery.report.only.error).
void note_report(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  auto& reports = *static_cast<Reports*>(static_cast<Troubles*>(opaque));
  if (is_refusal(message->err)) {
    reports.refused.push_back(reinterpret_cast<std::size_t>(message->_private));
    return;
  }
  const bool is_purged = message->err == RD_KAFKA_RESP_ERR__PURGE_QUEUE ||
                         message->err == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT;
  if (is_purged || reports.failure) return;  // purged: the consequence of another failure
  reports.failure =
      classify({.code = message->err, .requires_abort = true}, rd_kafka_err2str(message->err));
}

KafkaError error_of(const rd_kafka_error_t* error) {
  return classify({.code = rd_kafka_error_code(error),
                   .is_fatal = rd_kafka_error_is_fatal(error) != 0,
                   .requires_abort = rd_kafka_error_txn_requires_abort(error) != 0,
                   .is_retriable = rd_kafka_error_is_retriable(error) != 0},
                  rd_kafka_error_string(error));
}

ConfHandle producer_conf(const config::KafkaSettings& kafka,
                         const config::PublisherSettings& publisher, std::string_view journal_id,
                         Reports& reports) {
  auto conf = client_conf(kafka, reports);
  const auto number = [&](const char* key, std::int64_t value) {
    set(conf.get(), key, std::to_string(value));
  };
  set(conf.get(), "transactional.id", kafka.topic_prefix + "qnzs-" + std::string(journal_id));
  set(conf.get(), "acks", "all");
  set(conf.get(), "linger.ms", "1");  // 0 spins (2.0.2)
  set(conf.get(), "compression.codec", kafka.compression);
  set(conf.get(), "partitioner", "murmur2_random");
  set(conf.get(), "delivery.report.only.error", "true");
  number("transaction.timeout.ms", publisher.transaction_ms_max);
  number("message.timeout.ms", publisher.transaction_ms_max * 9 / 10);
  number("message.max.bytes", record_bytes_max);
  number("queue.buffering.max.messages",
         std::max<std::int64_t>(10'000, publisher.batch_entries_max * 2));
  number("queue.buffering.max.kbytes",
         std::max<std::int64_t>(16 * 1024, publisher.batch_kib_max * 4));
  rd_kafka_conf_set_dr_msg_cb(conf.get(), note_report);
  return conf;
}

rd_kafka_headers_t* headers_of(const SequencedRecord& item) {
  auto* headers = rd_kafka_headers_new(12);
  const auto add = [headers](std::string_view name, std::string_view value) {
    rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()), value.data(),
                        static_cast<ssize_t>(value.size()));
  };
  schema::each_header(item.record.event, item.sequence, add);
  return headers;
}

// The arguments of one produce call. The library's own macros for them are a GNU extension.
rd_kafka_vu_t topic_argument(rd_kafka_topic_t* topic) {
  rd_kafka_vu_t argument{.vtype = RD_KAFKA_VTYPE_RKT, .u = {}};
  argument.u.rkt = topic;
  return argument;
}

rd_kafka_vu_t copy_argument() {
  rd_kafka_vu_t argument{.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u = {}};
  argument.u.i = RD_KAFKA_MSG_F_COPY;
  return argument;
}

rd_kafka_vu_t bytes_argument(rd_kafka_vtype_t type, std::string_view bytes) {
  rd_kafka_vu_t argument{.vtype = type, .u = {}};
  argument.u.mem = {.ptr = const_cast<char*>(bytes.data()), .size = bytes.size()};
  return argument;
}

rd_kafka_vu_t key_argument(std::string_view key) {
  return bytes_argument(RD_KAFKA_VTYPE_KEY, key);
}

rd_kafka_vu_t value_argument(std::string_view value) {
  return bytes_argument(RD_KAFKA_VTYPE_VALUE, value);
}

rd_kafka_vu_t headers_argument(rd_kafka_headers_t* headers) {
  rd_kafka_vu_t argument{.vtype = RD_KAFKA_VTYPE_HEADERS, .u = {}};
  argument.u.headers = headers;
  return argument;
}

rd_kafka_vu_t opaque_argument(void* opaque) {
  rd_kafka_vu_t argument{.vtype = RD_KAFKA_VTYPE_OPAQUE, .u = {}};
  argument.u.ptr = opaque;
  return argument;
}

rd_kafka_resp_err_t produce(rd_kafka_t* client, std::span<const rd_kafka_vu_t> arguments) {
  const ErrorHandle error(rd_kafka_produceva(client, arguments.data(), arguments.size()));
  return error ? rd_kafka_error_code(error.get()) : RD_KAFKA_RESP_ERR_NO_ERROR;
}

}  // namespace

struct Producer::Impl {
  Impl(const config::KafkaSettings& kafka, const config::PublisherSettings& publisher,
       std::string_view id)
      : settings(kafka),
        journal_id(id),
        commit_time(std::chrono::milliseconds(publisher.transaction_ms_max) + commit_grace),
        client(make_client(ClientKind::producer, producer_conf(kafka, publisher, id, reports))) {}

  rd_kafka_topic_t* topic(schema::Topic which) {
    auto& handle = topics.at(static_cast<std::size_t>(which));
    if (!handle) {
      handle.reset(rd_kafka_topic_new(client.get(), topic_name(settings, which).c_str(), nullptr));
    }
    return handle.get();
  }

  // A call that may be resumed, in slices. What does not end in time, a new producer settles.
  template <class Call>
  Outcome in_slices(const IsOver& is_over, std::chrono::milliseconds time_max, Call call) {
    const auto until = std::chrono::steady_clock::now() + time_max;
    while (true) {
      const ErrorHandle error(call(slice_ms));
      rd_kafka_poll(client.get(), 0);  // lets the callbacks tell why
      if (!error) return {};
      auto found = reports.explain(error_of(error.get()));
      const bool is_waiting = found.remedy == Remedy::retry &&
                              rd_kafka_error_code(error.get()) == RD_KAFKA_RESP_ERR__TIMED_OUT;
      const bool is_late = std::chrono::steady_clock::now() >= until;
      if (is_waiting && is_late) found.remedy = Remedy::rebuild;
      if (!is_waiting || is_late || is_over()) return std::unexpected(std::move(found));
    }
  }

  // Queues one record; the queue being full only means waiting for the client's threads.
  template <class Call>
  Outcome queue(const IsOver& is_over, Call call) {
    while (true) {
      const rd_kafka_resp_err_t code = call();
      if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
      if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL || is_over()) {
        return std::unexpected(failure_of(code));
      }
      rd_kafka_poll(client.get(), 10);
    }
  }

  KafkaError failure_of(rd_kafka_resp_err_t code) {
    std::array<char, 512> text{};
    const auto fatal = rd_kafka_fatal_error(client.get(), text.data(), text.size());
    if (fatal != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return classify({.code = fatal, .is_fatal = true}, text.data());
    }
    return reports.explain(
        classify({.code = code, .requires_abort = true}, rd_kafka_err2str(code)));
  }

  Outcome send_record(const SequencedRecord& item, std::size_t place, const IsOver& is_over) {
    auto* headers = headers_of(item);
    auto* target = topic(item.record.topic);
    auto outcome = queue(is_over, [&] {
      const std::array arguments{
          topic_argument(target),        copy_argument(),
          key_argument(item.record.key), value_argument(item.record.value),
          headers_argument(headers),     opaque_argument(reinterpret_cast<void*>(place))};
      return produce(client.get(), arguments);
    });
    if (!outcome) {
      rd_kafka_headers_destroy(headers);  // ours again after a failure
      if (outcome.error().remedy == Remedy::refuse) outcome.error().refused = {place};
    }
    return outcome;
  }

  Outcome send_position(std::string_view position, const IsOver& is_over) {
    auto* target = topic(schema::Topic::journal_positions);
    return queue(is_over, [&] {
      const std::array arguments{topic_argument(target), copy_argument(), key_argument(journal_id),
                                 value_argument(position)};
      return produce(client.get(), arguments);
    });
  }

  Outcome send_filler(const TopicOffset& place, const IsOver& is_over) {
    const TopicHandle target(rd_kafka_topic_new(client.get(), place.topic.c_str(), nullptr));
    rd_kafka_vu_t partition{.vtype = RD_KAFKA_VTYPE_PARTITION, .u = {}};
    partition.u.i32 = place.partition;
    return queue(is_over, [&] {
      const std::array arguments{topic_argument(target.get()), partition, copy_argument(),
                                 key_argument(journal_id), value_argument("")};
      return produce(client.get(), arguments);
    });
  }

  // Until what was queued stands on Kafka.
  Outcome flush(const IsOver& is_over) {
    const auto until = std::chrono::steady_clock::now() + commit_time;
    while (rd_kafka_flush(client.get(), slice_ms) != RD_KAFKA_RESP_ERR_NO_ERROR) {
      if (is_over() || std::chrono::steady_clock::now() >= until)
        return std::unexpected(failure_of(RD_KAFKA_RESP_ERR__TIMED_OUT));
    }
    if (reports.failure) return std::unexpected(*reports.failure);
    return {};
  }

  // What the delivery reports know is nearer to the cause than what the commit says.
  KafkaError nearest(KafkaError error) {
    if (error.cause == Cause::fenced) return error;
    if (reports.failure) {
      auto failure = reports.explain(*reports.failure);
      failure.remedy = std::max(failure.remedy, error.remedy);
      return failure;
    }
    if (reports.refused.empty()) return error;
    KafkaError refusal = classify({.code = RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE}, error.reason);
    refusal.refused = reports.refused;
    std::ranges::sort(refusal.refused);
    return refusal;
  }

  const config::KafkaSettings settings;
  const std::string journal_id;
  const std::chrono::milliseconds commit_time;
  Reports reports;  // outlives the client
  ClientHandle client;
  std::array<TopicHandle, schema::topics.size() + 1> topics;  // gone before the client
};

Producer::Producer(const config::KafkaSettings& kafka, const config::PublisherSettings& publisher,
                   std::string_view journal_id)
    : impl_(std::make_unique<Impl>(kafka, publisher, journal_id)) {}

Producer::~Producer() = default;
Producer::Producer(Producer&&) noexcept = default;

Outcome Producer::init(const IsOver& is_over) {
  return impl_->in_slices(is_over, init_time, [&](int time_ms) {
    return rd_kafka_init_transactions(impl_->client.get(), time_ms);
  });
}

Outcome Producer::begin() {
  impl_->reports.refused.clear();
  impl_->reports.failure.reset();
  impl_->reports.clear();
  const ErrorHandle error(rd_kafka_begin_transaction(impl_->client.get()));
  if (error) return std::unexpected(error_of(error.get()));
  return {};
}

Outcome Producer::send(std::span<const SequencedRecord> records, std::string_view position,
                       const IsOver& is_over) {
  for (std::size_t place = 0; place < records.size(); ++place) {
    if (auto sent = impl_->send_record(records[place], place, is_over); !sent) return sent;
  }
  return impl_->send_position(position, is_over);
}

Outcome Producer::commit(const IsOver& is_over) {
  auto committed = impl_->in_slices(is_over, impl_->commit_time, [&](int time_ms) {
    return rd_kafka_commit_transaction(impl_->client.get(), time_ms);
  });
  if (!committed) return std::unexpected(impl_->nearest(std::move(committed.error())));
  return {};
}

Outcome Producer::abort(const IsOver& is_over) {
  return impl_->in_slices(is_over, abort_time, [&](int time_ms) {
    return rd_kafka_abort_transaction(impl_->client.get(), time_ms);
  });
}

Outcome Producer::close_hanging(const std::vector<TopicOffset>& partitions, const IsOver& is_over) {
  auto outcome = begin();
  for (const auto& partition : partitions) {
    if (outcome) outcome = impl_->send_filler(partition, is_over);
  }
  if (outcome) outcome = impl_->flush(is_over);
  if (outcome) return abort(is_over);
  outcome.error().remedy = Remedy::rebuild;
  return outcome;
}

Outcome Producer::publish(std::span<const SequencedRecord> records, std::string_view position,
                          const IsOver& is_over) {
  auto outcome = begin();
  if (outcome) outcome = send(records, position, is_over);
  if (outcome) outcome = commit(is_over);
  if (outcome) return outcome;
  // What cannot be aborted cleanly, and a commit that nobody knows the end of, a new producer
  // settles.
  const auto remedy = outcome.error().remedy;
  if (remedy == Remedy::retry) outcome.error().remedy = Remedy::rebuild;
  if (remedy != Remedy::abort && remedy != Remedy::refuse) return outcome;
  if (const auto aborted = abort(is_over); !aborted) {
    if (remedy == Remedy::abort)
      outcome.error().remedy = Remedy::rebuild;
    else
      return std::unexpected(
          KafkaError{Remedy::rebuild, aborted.error().cause, aborted.error().reason, {}});
  }
  return outcome;
}

}  // namespace qnzs::kafka
