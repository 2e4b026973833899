// How the publisher connects: topics, fencing, and the place to go on from.
#include "gateway/kafka/publisher.hpp"
#include "gateway/kafka/topics.hpp"
#include "gateway/runtime/log.hpp"

#include <cstddef>
#include <utility>

namespace qnzs::kafka {
namespace {

using schema::Severity;
// Bodies looked at for the first that can be read.
constexpr std::size_t kept_records = 1000;

KafkaError kafka_error(const schema::Error& error) {
  const auto cause = [&] {
    if (error.fault == schema::Fault::forbidden) return Cause::not_authorised;
    return error.fault == schema::Fault::busy ? Cause::broker_away : Cause::other;
  }();
  return {Remedy::rebuild, cause, error.reason, {}};
}

}  // namespace

bool Publisher::connect() {
  is_all_seen_ = false;
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
  auto found = settle_kafka(patience);
  if (!found || !begin_again(found->position)) return false;
  if (found->look.is_empty() && !patch_unseen(*found, patience)) return false;
  const auto& position = found->position;
  const auto published = source_.published();
  const auto own = source_.position_at(position.value_or(Position{}).sequence);
  const auto start =
      start_point(position, own, published, source_.last(), settings_.on_position_behind);
  note_match(start, position);
  if (!start.after) {
    trouble(PublisherState::waiting, true, "position_mismatch",
            "Kafka 上的位置与日志账不符(Kafka 或日志账被换过),按 publisher.on_position_behind = "
            "\"wait\" "
            "停下等待;查明后改为 republish 或 resume 再启动");
    producer_.reset();
    return false;
  }
  after_ = *start.after;
  if (start.match != StartPoint::Match::fits) found->position.reset();
  if (!look_through(*found, patience)) return false;
  is_behind_ = start.match == StartPoint::Match::behind;
  if (after_ > published) source_.mark_published(after_);
  source_.hold(settled_.sequence);
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
    position = Position{.sequence = kept_from - 1,
                        .opening = {},
                        .id = {},
                        .patch_until = last,
                        .settled = Settled{kept_from - 1}};
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
  if (position && position->patch_until == 0) position->settled.reset();  // what it names is gone
  is_topic_lost_ = false;
  return true;
}

// A question to Kafka failed: all from the beginning, later.
bool Publisher::give_up(const schema::Error& error) {
  trouble(kafka_error(error));
  producer_.reset();
  return false;
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
