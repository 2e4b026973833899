#include "gateway/kafka/publisher.hpp"

#include "gateway/kafka/position.hpp"
#include "gateway/kafka/topics.hpp"
#include "gateway/runtime/log.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace qnzs::kafka {
namespace {

using schema::Severity;
using std::chrono::milliseconds;

constexpr milliseconds request_time{10'000};  // of one question to Kafka while connecting

KafkaError kafka_error(const schema::Error& error) {
  return {Remedy::rebuild,
          error.fault == schema::Fault::busy ? Cause::broker_away : Cause::other,
          error.reason,
          {}};
}

}  // namespace

Publisher::Publisher(const config::KafkaSettings& kafka, const config::PublisherSettings& settings,
                     RecordSource& source, runtime::Metrics& metrics)
    : kafka_(kafka),
      settings_(settings),
      source_(source),
      state_gauge_(metrics.gauge("qnzs_publisher_publishing",
                                 "1 while entries flow to Kafka, 0 in trouble or connecting.")),
      committed_(metrics.counter("qnzs_publisher_transactions_total", "Transactions by their end.",
                                 {{"outcome", "committed"}})),
      failed_(metrics.counter("qnzs_publisher_transactions_total", "Transactions by their end.",
                              {{"outcome", "failed"}})),
      records_(metrics.counter("qnzs_publisher_records_total", "Records committed to Kafka.")),
      set_aside_counter_(metrics.counter("qnzs_publisher_set_aside_total",
                                         "Records that Kafka refuses for ever: now dead letters.")),
      commit_seconds_(metrics.histogram("qnzs_publisher_transaction_seconds",
                                        "Time from the first record to the commit.",
                                        runtime::Metrics::latency_bounds())),
      batch_entries_(metrics.histogram("qnzs_publisher_batch_entries", "Entries of a transaction.",
                                       {1, 10, 100, 1000, 2000, 5000, 10'000})) {
  producer_.emplace(kafka_, settings_, source_.id());  // refuses wrong settings at start
}

Publisher::~Publisher() {
  stop(milliseconds(0));
}

void Publisher::start() {
  thread_ = std::thread([this] { run(); });
}

void Publisher::stop(milliseconds time_max) {
  if (!thread_.joinable()) return;
  give_up_at_ = Clock::now() + time_max;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stop_asked_.notify_all();
  source_.wake();
  thread_.join();
  producer_.reset();
  say(PublisherState::stopped);
}

PublisherStatus Publisher::status() const {
  const std::lock_guard lock(mutex_);
  auto status = status_;
  if (status.explanation.empty()) status.explanation = topic_differences_;
  return status;
}

bool Publisher::is_over() const {
  return stopping_ && Clock::now() >= give_up_at_.load();
}

bool Publisher::is_drained() const {
  return stopping_ && after_ >= source_.last();
}

void Publisher::run() {
  say(PublisherState::connecting);
  while (!is_over() && !is_drained()) {
    if (connect()) publish_until_trouble();
    if (stopping_) break;  // in trouble, or all is published
    pause();
  }
}

bool Publisher::connect() {
  const std::vector topics{schema::Topic::messages, schema::Topic::dead_letters,
                           schema::Topic::journal_positions};
  const auto differences = prepare_topics(kafka_, topics, request_time);
  if (!differences) {
    trouble(differences.error());
    return false;
  }
  std::string all;
  for (const auto& difference : *differences) {
    runtime::log(Severity::warning, "topic_differs", {{"what", difference}});
    all += (all.empty() ? "" : ";") + difference;
  }
  {
    const std::lock_guard lock(mutex_);
    topic_differences_ = std::move(all);
  }
  if (!producer_) producer_.emplace(kafka_, settings_, source_.id());
  if (const auto ready = producer_->init([this] { return is_over(); }); !ready) {
    trouble(ready.error());
    producer_.reset();
    return false;
  }
  return find_start();
}

bool Publisher::find_start() {
  const auto position = read_position(kafka_, source_.id(), request_time);
  if (!position) {
    trouble(kafka_error(position.error()));
    producer_.reset();
    return false;
  }
  const auto published = source_.published();
  const auto start =
      start_point(*position, published, source_.last(), settings_.on_position_behind);
  if (start.match != StartPoint::Match::fits) {
    runtime::log(Severity::error, "position_mismatch",
                 {{"on_kafka", position->value_or(0)},
                  {"published", published},
                  {"last", source_.last()},
                  {"policy", settings_.on_position_behind}});
  }
  if (!start.after) {
    trouble(
        PublisherState::waiting, true, "position_mismatch",
        "Kafka 上的位置与日志不符(Kafka 或日志被换过),按 publisher.on_position_behind = \"wait\" "
        "停下等待;查明后改为 republish 或 resume 再启动");
    producer_.reset();
    return false;
  }
  after_ = *start.after;
  if (after_ > published) source_.mark_published(after_);
  return true;
}

void Publisher::publish_until_trouble() {
  say(PublisherState::publishing);
  const milliseconds idle(settings_.idle_ms_max);
  while (!is_over() && !is_drained()) {
    if (!source_.wait(after_, idle)) continue;
    if (!publish_batch()) return;
  }
}

// False when the connection has to be made anew.
bool Publisher::publish_batch() {
  const auto entries_max =
      after_ < single_until_ ? 1UZ : static_cast<std::size_t>(settings_.batch_entries_max);
  const auto batch =
      source_.read(after_, entries_max, static_cast<std::size_t>(settings_.batch_kib_max) * 1024);
  if (!batch) {
    trouble(PublisherState::troubled, true, "journal_unreadable",
            "日志读不出来,请查看日志文件与磁盘:" + batch.error().reason);
    pause();
    return true;
  }
  if (batch->empty()) return true;
  const auto last = batch->back().sequence;
  const auto start = Clock::now();
  const auto outcome =
      producer_->publish(*batch, position_document(last), [this] { return is_over(); });
  if (!outcome) {
    failed_.add();
    return settle(outcome.error(), *batch);
  }
  commit_seconds_.observe(std::chrono::duration<double>(Clock::now() - start).count());
  batch_entries_.observe(static_cast<double>(batch->size()));
  committed_.add();
  records_.add(static_cast<double>(batch->size()));
  after_ = last;
  source_.mark_published(last);
  say(PublisherState::publishing);
  return true;
}

// The transaction has failed. True when the same producer can go on.
bool Publisher::settle(const KafkaError& error, std::span<const SequencedRecord> batch) {
  if (error.remedy == Remedy::refuse) {
    if (batch.size() == 1) return set_aside(batch.front(), error.reason);
    single_until_ = batch.back().sequence;  // which of them it is, each alone will show
    return true;
  }
  trouble(error);
  if (error.remedy == Remedy::rebuild) {
    producer_.reset();
    return false;
  }
  if (!stopping_) pause();
  return !stopping_;
}

bool Publisher::set_aside(const SequencedRecord& item, const std::string& reason) {
  if (const auto stored = source_.set_aside(item.sequence, reason); !stored) {
    trouble(PublisherState::troubled, true, "dead_letter_not_stored",
            "Kafka 永久拒绝了一条记录,而死信写不进日志:" + stored.error().reason);
    pause();
    return true;
  }
  set_aside_counter_.add();
  runtime::log(
      Severity::error, "record_refused",
      {{"message_id", item.record.event.id}, {"sequence", item.sequence}, {"reason", reason}});
  after_ = item.sequence;
  return true;
}

void Publisher::say(PublisherState state) {
  std::string recovered_from;
  {
    const std::lock_guard lock(mutex_);
    if (status_.state == state) return;
    if (state == PublisherState::publishing) recovered_from = status_.explanation;
    status_ = {state, {}};
  }
  state_gauge_.set(state == PublisherState::publishing ? 1 : 0);
  if (state != PublisherState::publishing) return;
  pause_ = milliseconds(0);
  runtime::log(Severity::info, recovered_from.empty() ? "publisher_ready" : "publisher_recovered",
               {{"after", after_}, {"queued", source_.last() - after_}});
}

void Publisher::trouble(const KafkaError& error) {
  trouble(PublisherState::troubled, needs_operator(error.cause), error.reason,
          operator_text(error));
}

// Says each trouble once, not at every attempt.
void Publisher::trouble(PublisherState state, bool is_for_person, const std::string& what,
                        const std::string& explanation) {
  {
    const std::lock_guard lock(mutex_);
    const bool is_known = status_.state == state && status_.explanation == explanation;
    status_ = {state, explanation};
    if (is_known) return;
  }
  state_gauge_.set(0);
  runtime::log(is_for_person ? Severity::error : Severity::warning, "publisher_troubled",
               {{"what", what}, {"explanation", explanation}});
}

void Publisher::pause() {
  const milliseconds longest(settings_.retry_ms_max);
  pause_ = std::clamp(pause_ * 2, milliseconds(settings_.retry_ms_min), longest);
  std::uniform_int_distribution<milliseconds::rep> jitter(pause_.count() / 2, pause_.count());
  const milliseconds jittered(jitter(random_));
  std::unique_lock lock(mutex_);
  stop_asked_.wait_for(lock, jittered, [this] { return stopping_.load(); });
}

}  // namespace qnzs::kafka
