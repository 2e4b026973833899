#include "gateway/kafka/publisher.hpp"

#include "gateway/runtime/log.hpp"
#include "gateway/runtime/thread_name.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace qnzs::kafka {
namespace {

using schema::Severity;
using std::chrono::milliseconds;

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
      behind_(
          metrics.counter("qnzs_publisher_position_mismatches_total",
                          "Positions on Kafka that did not fit: Kafka or the journal was changed.",
                          {{"match", "behind"}})),
      foreign_(
          metrics.counter("qnzs_publisher_position_mismatches_total",
                          "Positions on Kafka that did not fit: Kafka or the journal was changed.",
                          {{"match", "foreign"}})),
      hanging_(metrics.counter("qnzs_publisher_hanging_transactions_total",
                               "Transactions whose end Kafka lost: closed and published again.")),
      commit_seconds_(metrics.histogram("qnzs_publisher_transaction_seconds",
                                        "Time from the first record to the commit.",
                                        runtime::Metrics::latency_bounds())),
      batch_entries_(metrics.histogram("qnzs_publisher_batch_entries", "Entries of a transaction.",
                                       {1, 10, 100, 1000, 2000, 5000, 10'000})) {
  static constexpr std::array words{"stopped", "connecting", "publishing", "troubled", "waiting"};
  for (std::size_t i = 0; i < words.size(); ++i)
    states_[i] = metrics.gauge("qnzs_publisher_state", "1 for the state the publisher is in.",
                               {{"state", words[i]}});
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
  status.is_all_seen = is_all_seen_;
  if (!status.explanation.empty()) return status;
  const auto* between = position_note_.empty() || topic_differences_.empty() ? "" : ";";
  status.explanation = position_note_ + between + topic_differences_;
  return status;
}

bool Publisher::is_over() const {
  if (!stopping_) return false;
  if (Clock::now() >= give_up_at_.load()) return true;
  const std::lock_guard lock(mutex_);
  if (status_.state == PublisherState::connecting) return source_.published() >= source_.last();
  return status_.state != PublisherState::publishing;
}

bool Publisher::is_drained() const {
  return stopping_ && after_ >= source_.last();
}

void Publisher::run() {
  runtime::name_thread("publisher");
  say(PublisherState::connecting);
  while (!is_over() && !is_drained()) {
    if (connect()) publish_until_trouble();
    if (stopping_) break;  // in trouble, or all is published
    pause();
  }
}

void Publisher::publish_until_trouble() {
  const milliseconds idle(settings_.idle_ms_max);
  while (!is_over() && !is_drained()) {
    const bool has_work = source_.wait(after_, idle);
    if (!stopping_ && Clock::now() >= look_at_ && is_unsettled()) return;
    if (has_work) {
      gather();
      if (!publish_batch()) return;
    } else if (settled_.sequence > settled_on_kafka_ && !stopping_) {
      // Told now, or a start after a long silence would look through all that others wrote.
      if (!commit({}, after_)) return;
    } else if (!stopping_) {
      is_all_seen_ = true;
      say(PublisherState::publishing);  // connected, and nothing waits; else the first commit says
                                        // it
    }
  }
}

// A transaction costs the broker and us the same whether it carries one record or thousands, so
// under load they do not follow each other at once. One that comes alone goes at once.
void Publisher::gather() {
  const auto next = began_at_ + milliseconds(settings_.gather_ms_max);
  const bool is_full =
      source_.last() - after_ >= static_cast<std::uint64_t>(settings_.batch_entries_max);
  if (!is_full && after_ >= single_until_) {
    std::unique_lock lock(mutex_);
    stop_asked_.wait_until(lock, next, [this] { return stopping_.load(); });
  }
  began_at_ = Clock::now();
}

// False when the connection has to be made anew.
bool Publisher::publish_batch() {
  // Beyond the first record the bytes count: one alone, wherever the next that can be read stands.
  const bool is_single = after_ < single_until_;
  const auto last = source_.last();  // as the read sees it, at least
  auto batch =
      source_.read(after_, static_cast<std::size_t>(settings_.batch_entries_max),
                   is_single ? 1 : static_cast<std::size_t>(settings_.batch_kib_max) * 1024);
  if (!batch) {
    trouble(PublisherState::troubled, true, "journal_unreadable",
            "日志账读不出来,请查看日志账文件与磁盘:" + batch.error().reason);
    pause();
    return true;
  }
  note_gone(batch->empty() ? last + 1 : batch->front().sequence);
  const auto until = batch->empty() ? last : batch->back().sequence;
  std::erase_if(*batch, [this](const auto& item) { return visible_.contains(item.sequence); });
  return commit(*batch, until);
}

// One transaction with the batch and the position `last`. An empty batch passes over what has no
// body any more: the position alone moves on.
bool Publisher::commit(std::span<const SequencedRecord> batch, std::uint64_t last) {
  const auto start = Clock::now();
  auto position = source_.position_at(last);
  if (patch_until_ > last) position.patch_until = patch_until_;
  position.settled = settled_;
  const auto outcome =
      producer_->publish(batch, position_document(position), [this] { return is_over(); });
  if (!outcome) {
    failed_.add();
    return settle(outcome.error(), batch);
  }
  commit_seconds_.observe(std::chrono::duration<double>(Clock::now() - start).count());
  batch_entries_.observe(static_cast<double>(batch.size()));
  committed_.add();
  records_.add(static_cast<double>(batch.size()));
  after_ = last;
  if (position.patch_until == 0) visible_.clear();
  if (patch_until_ > 0 && position.patch_until == 0) look_at_ = Clock::now();  // it is settled now
  patch_until_ = position.patch_until;
  settled_on_kafka_ = settled_.sequence;
  is_all_seen_ = after_ >= source_.last();
  source_.mark_published(last);
  say(PublisherState::publishing);
  return true;
}

// Once for each time Kafka was found behind: what it had and the journal keeps no longer. `next` is
// the first sequence that can be read behind `after_`.
void Publisher::note_gone(std::uint64_t next) {
  if (!std::exchange(is_behind_, false) || next <= after_ + 1) return;
  runtime::log(Severity::error, "bodies_gone",
               {{"after", after_},
                {"entries", next - after_ - 1},
                {"explanation",
                 "Kafka 上缺少这些条目,而日志账中其内容已过保留期 (journal.body_keep_hours),"
                 "无法重新发布;它们曾在原来的 Kafka 上发布过"}});
}

// The transaction has failed. True when the same producer can go on.
bool Publisher::settle(const KafkaError& error, std::span<const SequencedRecord> batch) {
  is_in_doubt_ = true;  // an abort may hang as well: look before the next transaction
  look_at_ = Clock::now();
  if (error.remedy == Remedy::refuse && !batch.empty()) {
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
            "Kafka 永久拒绝了一条记录,而死信写不进日志账:" + stored.error().reason);
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
  bool is_recovered = false;
  {
    const std::lock_guard lock(mutex_);
    if (status_.state == state) return;
    is_recovered = status_.state != PublisherState::connecting;
    status_ = {state, {}};
    if (state == PublisherState::connecting)
      status_.explanation = "正在连接 Kafka(" + kafka_.bootstrap_servers + ")";
  }
  show(state);
  if (state != PublisherState::publishing) return;
  pause_ = milliseconds(0);
  runtime::log(Severity::info, is_recovered ? "publisher_recovered" : "publisher_ready",
               {{"after", after_}, {"queued", source_.last() - after_}});
}

void Publisher::show(PublisherState state) {
  state_gauge_.set(state == PublisherState::publishing ? 1 : 0);
  for (std::size_t i = 0; i < states_.size(); ++i)
    states_[i].set(i == static_cast<std::size_t>(state) ? 1 : 0);
}

void Publisher::trouble(const KafkaError& error) {
  is_topic_lost_ |= error.cause == Cause::topic_missing;
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
  show(state);
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
