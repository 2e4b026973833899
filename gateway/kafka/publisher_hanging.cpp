// What the publisher does about transactions whose end Kafka lost: it closes what hangs, and
// publishes again what readers do not see.
#include "gateway/kafka/publisher.hpp"
#include "gateway/runtime/log.hpp"

#include <algorithm>
#include <utility>

namespace qnzs::kafka {
namespace {

using schema::Severity;

// How long the ends of the own last transaction may take to come.
constexpr std::chrono::milliseconds ends_time{2'000};
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
    stop_asked_.wait_for(lock, look_step, [this] { return stopping_.load(); });
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

// The source's records behind `settled` that readers see. Others' transactions may hide some for a
// while; of those that stay hidden, what was answered counts as seen. Needs not look further once
// all up to `enough_until` are seen.
schema::Result<std::set<std::uint64_t>> Publisher::seen_behind(const Settled& settled,
                                                               std::uint64_t answered_until,
                                                               std::uint64_t enough_until,
                                                               const Patience& patience) {
  const auto others_time = std::chrono::milliseconds(settings_.transaction_ms_max) + ends_time;
  const auto hidden = ask_until_calm(
      is_in_doubt_ ? ends_time : others_time, patience,
      [&] { return hidden_behind(kafka_, settled, source_, patience); },
      [](const std::set<std::uint64_t>& found) { return found.empty(); });
  if (!hidden) return hidden;
  auto seen = visible_behind(kafka_, settled, enough_until, source_, patience);
  if (seen) seen->insert(hidden->begin(), hidden->upper_bound(answered_until));
  return seen;
}

// A partition without a leader is not told how a transaction ended, and the next abort there is
// taken for that end: ours, or one that the coordinator made by itself. So a commit that was
// answered may not be seen, in some partitions or in all. What was published since it was settled
// is looked through, and a patch put on Kafka when readers lack some of it. False when that needs
// another try.
bool Publisher::patch_unseen(OnKafka& found, const Patience& patience) {
  const auto published = source_.published();
  const auto is_own = [&](const Position& known) {
    return is_place_of(known, source_.position_at(known.sequence), published);
  };
  if (found.position ? !found.position->settled || !is_own(*found.position) : published == 0)
    return true;
  const auto read = read_position(kafka_, source_.id(), patience, TopicReader::Open::read_too);
  if (!read) return give_up(read.error());
  const auto written = *read && is_own(**read) ? **read : Position{};
  if (!found.position && written.sequence == 0) return true;  // another Kafka
  const auto from = found.position.value_or(Position{0, {}, {}, 0, Settled{}});
  // An aborted position, too, tells what had been settled when it was written.
  auto settled = *from.settled;
  if (written.settled && written.settled->sequence > settled.sequence) settled = *written.settled;
  if (std::max(from.sequence, written.sequence) <= settled.sequence) return true;
  source_.hold(settled.sequence);
  const auto answered = std::max(from.sequence, published);
  const bool is_last = written.sequence <= from.sequence;  // nothing was written behind it
  const auto seen = seen_behind(settled, answered, is_last ? from.sequence : 0, patience);
  if (!seen) return give_up(seen.error());
  const bool is_patch = from.patch_until > from.sequence;  // behind it, what is unseen is known
  auto until = std::max(from.sequence, std::min(written.sequence, published));
  if (!seen->empty()) until = std::max(until, *seen->rbegin());
  const auto unseen =
      first_unseen(*seen, source_, settled.sequence, is_patch ? from.sequence : until);
  if (!unseen) return give_up(unseen.error());
  if (!*unseen && (is_patch || until == from.sequence)) return true;
  auto position = source_.position_at(*unseen ? **unseen - 1 : until);
  until = std::max(until, from.patch_until);
  position.patch_until = until > position.sequence ? until : 0;
  position.settled = std::move(settled);
  found.answered_until = is_patch ? 0 : answered;
  found.position = std::move(position);
  return put_patch(*found.position);
}

bool Publisher::put_patch(const Position& position) {
  hanging_.add();
  runtime::log(
      Severity::error, "commit_unseen",
      {{"after", position.sequence},
       {"until", std::max(position.sequence, position.patch_until)},
       {"explanation",
        "Kafka 漏写了一个已提交事务的结束标记(结束时分区没有 leader),其后的一次中止把它一并"
        "作废;正在重新发布读者看不到的消息,不会重复"}});
  const auto put =
      producer_->publish({}, position_document(position), [this] { return is_over(); });
  if (put) return true;
  trouble(put.error());
  producer_.reset();
  return false;
}

// What readers see already of a patch is not published again. Without one, all up to `after_` is
// seen.
bool Publisher::look_through(const OnKafka& found, const Patience& patience) {
  patch_until_ = 0;
  visible_.clear();
  settled_ = {after_, found.look.messages, found.look.dead_letters};
  settled_on_kafka_ = after_;  // without a position of ours there, the next batch tells it
  if (!found.position) return true;
  if (found.position->settled) settled_on_kafka_ = found.position->settled->sequence;
  if (found.position->patch_until <= after_) return true;
  settled_ = found.position->settled.value_or(Settled{found.position->sequence});
  auto seen = seen_behind(settled_, found.answered_until, 0, patience);
  if (!seen) return give_up(seen.error());
  patch_until_ = found.position->patch_until;
  if (!seen->empty()) patch_until_ = std::max(patch_until_, *seen->rbegin());
  seen->erase(seen->begin(), seen->upper_bound(after_));
  visible_ = *std::move(seen);
  return true;
}

// Between two transactions: true when what readers see is not what was published, or nobody can
// tell. Else that is settled.
bool Publisher::is_unsettled() {
  const Patience patience(request_time, [this] { return is_over(); });
  const auto found = look(patience);
  if (!found) return !give_up(found.error());
  bool is_lost = !found->is_empty() && can_publish_again(*found, source_);
  if (is_in_doubt_ && !is_lost) {
    const auto seen = seen_behind(settled_, after_, after_, patience);
    if (!seen) return !give_up(seen.error());
    const auto unseen = first_unseen(*seen, source_, settled_.sequence, after_);
    if (!unseen) return !give_up(unseen.error());
    is_lost = unseen->has_value();
  }
  is_in_doubt_ = false;
  if (is_lost) {
    producer_.reset();
  } else if (found->is_empty() && patch_until_ == 0) {
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
