// How the publisher connects: topics, fencing, what hangs on Kafka, and the place to go on from.
#include "gateway/kafka/publisher.hpp"
#include "gateway/kafka/topics.hpp"
#include "gateway/runtime/log.hpp"

#include <cstddef>
#include <utility>

namespace qnzs::kafka {
namespace {

using schema::Severity;
using std::chrono::milliseconds;

constexpr milliseconds request_time{10'000};  // of one question to Kafka while connecting
// The records of one transaction may have waited for it that long, and their brokers' clocks
// differ.
constexpr std::int64_t slack_ms = 60'000;
// Bodies looked at for the first that can be read.
constexpr std::size_t kept_records = 1000;

KafkaError kafka_error(const schema::Error& error) {
  return {Remedy::rebuild,
          error.fault == schema::Fault::busy ? Cause::broker_away : Cause::other,
          error.reason,
          {}};
}

}  // namespace

bool Publisher::connect() {
  const std::vector topics{schema::Topic::messages, schema::Topic::dead_letters,
                           schema::Topic::journal_positions};
  const Patience patience(request_time, [this] { return is_over(); });
  const auto prepared = prepare_topics(kafka_, topics, patience);
  if (!prepared) {
    trouble(prepared.error());
    return false;
  }
  // All of them: another Kafka, or a first start; the position says what to do.
  if (!prepared->made.empty()) is_topic_lost_ = prepared->made.size() < topics.size();
  std::string all;
  for (const auto& difference : prepared->differences) {
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
  const Patience patience(request_time, [this] { return is_over(); });
  auto position = settled_position(patience);
  if (!position || !begin_again(*position)) return false;
  const auto published = source_.published();
  const auto own = source_.position_at(position->value_or(Position{}).sequence);
  const auto start =
      start_point(*position, own, published, source_.last(), settings_.on_position_behind);
  note_match(start, *position);
  if (!start.after) {
    trouble(PublisherState::waiting, true, "position_mismatch",
            "Kafka 上的位置与日志账不符(Kafka 或日志账被换过),按 publisher.on_position_behind = "
            "\"wait\" "
            "停下等待;查明后改为 republish 或 resume 再启动");
    producer_.reset();
    return false;
  }
  if (!look_through(start, *position, patience)) return false;
  after_ = *start.after;
  is_behind_ = start.match == StartPoint::Match::behind;
  if (after_ > published) source_.mark_published(after_);
  source_.hold(after_);
  return true;
}

// A topic was missing, and what it held is gone. The journal has it as far as it keeps bodies: that
// readers may lack any of these is put on Kafka first, as a patch, so that neither a crash on the
// way nor a topic that was there all the time makes a record come twice. False when that needs
// another try, or a person.
bool Publisher::begin_again(std::optional<Position>& position) {
  if (!is_topic_lost_) return true;
  const auto last = source_.last();
  const auto kept = source_.read(0, kept_records, 1);
  if (!kept) {
    give_up(kept.error());
    return false;
  }
  const bool is_any_published = position || source_.published() > 0;
  const auto kept_from = kept->empty() ? last + 1 : kept->front().sequence;
  if (is_any_published && kept_from <= last && settings_.on_position_behind != "resume") {
    // Of all time: no clock may hide what readers see.
    position =
        Position{.sequence = kept_from - 1, .opening = {}, .id = {}, .patch = {{.until = last}}};
    const auto put =
        producer_->publish({}, position_document(*position), [this] { return is_over(); });
    if (!put) trouble(put.error());
    if (put && settings_.on_position_behind == "wait")
      trouble(PublisherState::waiting, true, "topic_lost",
              "Kafka 上的主题曾缺失(被删除过),按 publisher.on_position_behind = \"wait\" 停下等待;"
              "查明后改为 republish 再启动,只补发主题上没有的");
    if (!put || settings_.on_position_behind == "wait") {
      producer_.reset();
      return false;
    }
  }
  if (is_any_published) note_topic_lost(kept_from);
  is_topic_lost_ = false;
  return true;
}

// The position that readers see, once nothing of this source's hangs any more; nothing when that
// needs another try, which was said.
std::optional<std::optional<Position>> Publisher::settled_position(const Patience& patience) {
  const auto hanging = find_hanging(kafka_, source_, patience);
  if (!hanging) {
    give_up(hanging.error());
    return std::nullopt;
  }
  look_at_ = Clock::now() + std::chrono::seconds(settings_.hanging_look_seconds);
  is_in_doubt_ = false;
  bool is_left = false;
  if (!hanging->is_empty()) {
    hanging_.add();
    if (!hanging->sequences.empty()) source_.hold(hanging->sequences.front() - 1);
    is_left = !can_publish_again(*hanging, source_);
    note_hanging(*hanging, is_left);
    if (!is_left && !close(*hanging, patience)) return std::nullopt;
  }
  // What hangs and cannot be published again, the next transaction commits: its position counts.
  if (is_left && hanging->position) return hanging->position;
  const auto position = read_position(kafka_, source_.id(), patience);
  if (position) return *position;
  if (hanging->blocked_by.empty()) {
    give_up(position.error());
    return std::nullopt;
  }
  trouble(PublisherState::troubled, true, "position_hidden",
          "位置主题被另一台网关(journal_id " + hanging->blocked_by +
              ")未结束的事务挡住,它运行起来后自动恢复;若它不再启动,请用 qnzs journal drain "
              "发布它的日志账");
  producer_.reset();
  return std::nullopt;
}

// Puts the position back to before what hangs, then aborts that: a crash in between loses nothing,
// since the position's patch says what is to be looked through.
bool Publisher::close(const Hanging& hanging, const Patience& patience) {
  const auto committed = read_position(kafka_, source_.id(), patience, TopicReader::Open::left_out);
  if (!committed) {
    give_up(committed.error());
    return false;
  }
  const auto position =
      position_after(hanging, *committed, source_, settings_.transaction_ms_max + slack_ms);
  const auto is_over = [this] { return this->is_over(); };
  auto closed = producer_->publish({}, position_document(position), is_over);
  if (closed && !hanging.partitions.empty())
    closed = producer_->close_hanging(hanging.partitions, is_over);
  if (!closed) {
    trouble(closed.error());
    producer_.reset();
    return false;
  }
  const auto left = find_hanging(kafka_, source_, patience);
  if (!left) {
    give_up(left.error());
    return false;
  }
  if (left->is_empty()) return true;
  trouble(PublisherState::troubled, true, "hanging_not_closed",
          "Kafka 上仍有未结束的事务,会再试;若一直如此,请用 Kafka 自带的 kafka-transactions.sh "
          "abort 结束它");
  producer_.reset();
  return false;
}

// What readers see already of a patch is not published again.
bool Publisher::look_through(const StartPoint& start, const std::optional<Position>& on_kafka,
                             const Patience& patience) {
  patch_.reset();
  visible_.clear();
  if (start.match != StartPoint::Match::fits || !on_kafka || !on_kafka->patch) return true;
  auto visible = visible_in(kafka_, *on_kafka, source_, patience);
  if (!visible) {
    give_up(visible.error());
    return false;
  }
  patch_ = on_kafka->patch;
  visible_ = *std::move(visible);
  return true;
}

// Between two transactions: true when something hangs, or nobody can tell.
bool Publisher::hangs() {
  const Patience patience(request_time, [this] { return is_over(); });
  look_at_ = Clock::now() + std::chrono::seconds(settings_.hanging_look_seconds);
  const auto hanging = find_hanging(kafka_, source_, patience);
  if (!hanging) {
    give_up(hanging.error());
    return true;
  }
  is_in_doubt_ = false;
  if (hanging->is_empty() || !can_publish_again(*hanging, source_)) return false;
  producer_.reset();
  return true;
}

// A question to Kafka failed: all from the beginning, later.
void Publisher::give_up(const schema::Error& error) {
  trouble(kafka_error(error));
  producer_.reset();
}

void Publisher::note_hanging(const Hanging& hanging, bool is_left) {
  runtime::log(
      Severity::error, "hanging_transaction",
      {{"partitions", std::uint64_t{hanging.partitions.size()}},
       {"records", std::uint64_t{hanging.sequences.size()}},
       {"explanation",
        is_left ? "Kafka 漏写了一个事务的结束标记,而日志账已不能重新发布其内容;下一个事务会将其提交"
                : "Kafka 漏写了一个事务的结束标记(结束时分区没有 leader),读者读不到其后的消息;"
                  "正在关闭该事务,并重新发布读者看不到的消息,不会重复"}});
}

void Publisher::note_topic_lost(std::uint64_t kept_from) {
  behind_.add();
  runtime::log(
      Severity::error, "topic_lost",
      {{"kept_from", kept_from},
       {"last", source_.last()},
       {"policy", settings_.on_position_behind},
       {"explanation",
        "Kafka 上的主题曾缺失(被删除过),其中已发布的随之消失;按 publisher.on_position_behind:"
        "republish 把日志账还留有、而主题上没有的重新发布,resume 不补。kept_from "
        "之前的,日志账已不留内容"}});
}

// Says loudly what does not fit, and keeps it in view until a connection finds that it does.
void Publisher::note_match(const StartPoint& start, const std::optional<Position>& on_kafka) {
  using Match = StartPoint::Match;
  std::string note;
  if (start.match == Match::behind)
    note =
        "Kafka 上的位置落后于日志账(Kafka 被更换或清空过),已按 publisher.on_position_behind = \"" +
        settings_.on_position_behind + "\" 处理";
  if (start.match == Match::foreign)
    note =
        "Kafka 上的位置不属于这份日志账(日志账被更换或恢复过备份,或另一台网关用了同一个 "
        "installation.journal_id),已从日志账自己记录的位置发布,不会丢失,可能有重复;"
        "请确认没有两台网关使用同一个 journal_id";
  if (start.match != Match::fits) {
    (start.match == Match::behind ? behind_ : foreign_).add();
    runtime::log(Severity::error, "position_mismatch",
                 {{"match", start.match == Match::behind ? "behind" : "foreign"},
                  {"on_kafka", on_kafka.value_or(Position{}).sequence},
                  {"published", source_.published()},
                  {"last", source_.last()},
                  {"policy", settings_.on_position_behind},
                  {"explanation", note}});
  }
  const std::lock_guard lock(mutex_);
  position_note_ = std::move(note);
}

}  // namespace qnzs::kafka
