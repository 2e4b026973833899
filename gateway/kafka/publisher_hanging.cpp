// What the publisher does about transactions that do not end: it closes what hangs of its own,
// waits for those of others, and settles what is published.
#include "gateway/kafka/publisher.hpp"
#include "gateway/runtime/log.hpp"

#include <algorithm>
#include <utility>

namespace qnzs::kafka {
namespace {

using schema::Severity;

// How long the ends of a transaction that was answered may take to come.
constexpr std::chrono::milliseconds ends_time{2'000};
// A coordinator looks so often for transactions whose time is over (Apache Kafka,
// transaction.abort.timed.out.transaction.cleanup.interval.ms).
constexpr std::chrono::milliseconds abort_interval{10'000};
constexpr std::chrono::milliseconds look_step{100};

}  // namespace

// Asks until the answer is calm, or its time is over.
template <class Ask, class IsCalm>
auto Publisher::ask_until_calm(std::chrono::milliseconds time_max, const Patience& patience,
                               Ask ask, IsCalm is_calm) {
  const auto until = Clock::now() + time_max;
  while (true) {
    auto answer = ask();
    if (!answer || is_calm(*answer) || Clock::now() >= until || patience.is_over()) return answer;
    std::unique_lock lock(mutex_);
    stop_asked_.wait_for(lock, look_step);
  }
}

// What hangs on Kafka once the ends that are on their way have come.
schema::Result<Hanging> Publisher::look(const Patience& patience) {
  auto found = ask_until_calm(
      ends_time, patience, [&] { return find_hanging(kafka_, source_, patience); },
      [](const Hanging& hanging) { return hanging.is_empty(); });
  look_at_ = Clock::now() + std::chrono::seconds(settings_.hanging_look_seconds);
  return found;
}

// As long as a transaction of another gateway that lives, or was killed, can stand open.
std::chrono::milliseconds Publisher::others_time() const {
  return std::chrono::milliseconds(settings_.transaction_ms_max) + abort_interval + ends_time;
}

// The source's records behind `settled` that stand behind open transactions, once none up to
// `until` does, or the time is over. Who hides some for longer than `others_time` hangs for ever
// and is waited for no more.
schema::Result<std::set<std::uint64_t>> Publisher::wait_for_others(
    const Settled& settled, std::uint64_t until, std::chrono::milliseconds time_max,
    const Patience& patience) {
  const auto now = Clock::now();
  const auto since = hidden_since_.value_or(now);
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(since + others_time() - now);
  const auto is_calm = [&](const std::set<std::uint64_t>& hidden) {
    return hidden.empty() || *hidden.begin() > until;
  };
  auto hidden = ask_until_calm(
      std::min(time_max, left), patience,
      [&] { return hidden_behind(kafka_, settled, source_, patience); }, is_calm);
  hidden_since_.reset();
  if (hidden && !is_calm(*hidden)) hidden_since_ = since;
  return hidden;
}

// Something is hidden that may still come to light by itself.
bool Publisher::is_hidden() const {
  return hidden_since_ && Clock::now() < *hidden_since_ + others_time();
}

// The position that readers see, once nothing of this source's hangs any more; nothing when that
// needs another try, which was said.
std::optional<Publisher::OnKafka> Publisher::settle_kafka(const Patience& patience) {
  auto hanging = look(patience);
  if (!hanging) {
    give_up(hanging.error());
    return std::nullopt;
  }
  is_in_doubt_ = false;
  bool is_left = false;
  if (!hanging->is_empty()) {
    hanging_.add();
    const auto held = after_ > 0 ? settled_.sequence : source_.last();
    if (!hanging->sequences.empty()) source_.hold(std::min(hanging->sequences.front() - 1, held));
    is_left = !can_publish_again(*hanging, source_);
    note_hanging(*hanging, is_left);
    if (!is_left) hanging = close(*hanging, patience);
    if (!hanging) return std::nullopt;
  }
  // What hangs and cannot be published again, the next transaction commits: its position counts.
  if (is_left && hanging->position) return OnKafka{hanging->position, *std::move(hanging)};
  const auto position = read_position(kafka_, source_.id(), patience);
  if (position) return OnKafka{*position, *std::move(hanging)};
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
// since the position's patch says what is to be looked through. Gives what stands open then; the
// error was said.
schema::Result<Hanging> Publisher::close(const Hanging& hanging, const Patience& patience) {
  const auto failed = [this](const schema::Error& error) -> schema::Result<Hanging> {
    give_up(error);
    return std::unexpected(error);
  };
  const auto committed = read_position(kafka_, source_.id(), patience, TopicReader::Open::left_out);
  if (!committed) return failed(committed.error());
  const auto is_over = [this] { return this->is_over(); };
  auto closed = producer_->publish(
      {}, position_document(position_after(hanging, *committed, source_)), is_over);
  if (closed && !hanging.partitions.empty())
    closed = producer_->close_hanging(hanging.partitions, is_over);
  if (!closed) {
    trouble(closed.error());
    producer_.reset();
    return schema::fail(schema::Fault::busy, closed.error().reason);
  }
  auto left = look(patience);
  if (!left) return failed(left.error());
  if (left->is_empty()) return left;
  trouble(PublisherState::troubled, true, "hanging_not_closed",
          "Kafka 上仍有未结束的事务,会再试;若一直如此,请用 Kafka 自带的 kafka-transactions.sh "
          "abort 结束它");
  producer_.reset();
  return schema::fail(schema::Fault::busy, "a transaction hangs still");
}

// Between two transactions: true when what readers see is not what was published, or nobody can
// tell. Else that is settled, unless others hide some of it for the moment.
bool Publisher::is_unsettled() {
  const Patience patience(request_time, [this] { return is_over(); });
  const auto found = look(patience);
  if (!found) return !give_up(found.error());
  bool is_lost = !found->is_empty() && can_publish_again(*found, source_);
  if (!is_lost && after_ > settled_.sequence) {
    const auto hidden = wait_for_others(settled_, after_, ends_time, patience);
    if (!hidden) return !give_up(hidden.error());
    if (is_in_doubt_ && !is_hidden()) {
      const auto unseen = unseen_of(*hidden, patience);
      if (!unseen) return !give_up(unseen.error());
      is_lost = *unseen;
    } else if (is_in_doubt_) {
      is_lost = true;  // a connection waits for the others first
    }
  }
  is_in_doubt_ = false;
  if (is_lost) {
    producer_.reset();
    say(PublisherState::connecting);
  } else if (patch_until_ == 0 && !is_hidden()) {
    // Also what hangs and cannot be published again: it would be held for nothing.
    settled_ = {after_, found->messages, found->dead_letters};
    source_.hold(settled_.sequence);
  }
  return is_lost;
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

}  // namespace qnzs::kafka
