// What the publisher does about commits that Kafka answered and readers do not see: it looks
// through what was published since it was settled, and publishes the rest again.
#include "gateway/kafka/publisher.hpp"
#include "gateway/runtime/log.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace qnzs::kafka {
namespace {

// A topic that ends before a place where it once ended was deleted and made again, or cut.
bool is_cut(const std::vector<std::int64_t>& ends, const std::vector<std::int64_t>& places) {
  for (std::size_t i = 0; i < places.size(); ++i)
    if (i >= ends.size() || ends[i] < places[i]) return true;
  return false;
}

}  // namespace

// The source's records that readers see, with what others hide for ever and was answered.
schema::Result<std::set<std::uint64_t>> Publisher::seen_behind(const Sought& sought,
                                                               const Patience& patience) {
  const auto hidden = wait_for_others(sought.settled, sought.until, others_time(), patience);
  if (!hidden) return hidden;
  if (hidden_since_) {  // one of our own may hang behind those that have ended meanwhile
    const auto hanging = find_hanging(kafka_, source_, patience);
    if (!hanging) return std::unexpected(hanging.error());
    if (!hanging->is_empty() && can_publish_again(*hanging, source_))
      return schema::fail(schema::Fault::busy, "a transaction hangs behind another one");
  }
  auto seen = visible_behind(kafka_, sought.settled, sought.is_enough ? sought.until : 0, source_,
                             patience);
  if (seen) seen->insert(hidden->begin(), hidden->upper_bound(sought.answered_until));
  return seen;
}

// True when readers lack something of what was published, but for what is hidden.
schema::Result<bool> Publisher::unseen_of(const std::set<std::uint64_t>& hidden,
                                          const Patience& patience) {
  auto seen = visible_behind(kafka_, settled_, after_, source_, patience);
  if (!seen) return std::unexpected(seen.error());
  seen->insert(hidden.begin(), hidden.end());
  const auto unseen = first_unseen(*seen, source_, settled_.sequence, after_);
  if (!unseen) return std::unexpected(unseen.error());
  return unseen->has_value();
}

// A partition without a leader is not told how a transaction ended, and the next abort there is
// taken for that end: ours, or one that the coordinator made by itself. So a commit that was
// answered may not be seen, in some partitions or in all. What was published since it was settled
// is looked through, and a patch put on Kafka when readers lack some of it. False when that needs
// another try, or a person.
bool Publisher::patch_unseen(OnKafka& found, const Patience& patience) {
  const auto published = source_.published();
  const auto is_own = [&](const Position& known) {
    return is_place_of(known, source_.position_at(known.sequence), published);
  };
  if (found.position ? !is_own(*found.position) : published == 0) return true;
  const auto read = read_position(kafka_, source_.id(), patience, TopicReader::Open::read_too);
  if (!read) return give_up(read.error());
  const auto written = *read && is_own(**read) ? **read : Position{};
  const auto from = found.position.value_or(Position{});
  // An aborted position, too, tells what had been settled when it was written.
  auto settled = from.settled;
  if (written.settled && (!settled || written.settled->sequence > settled->sequence))
    settled = written.settled;
  if (!settled) return true;  // of an older version, or another Kafka
  if (is_cut(found.look.messages, settled->messages) ||
      is_cut(found.look.dead_letters, settled->dead_letters)) {
    is_topic_lost_ = true;
    return begin_again(found.position);
  }
  if (std::max(from.sequence, written.sequence) <= settled->sequence) return true;
  source_.hold(settled->sequence);
  const auto answered = std::max(from.sequence, published);
  const bool is_last = std::max(written.sequence, answered) <= from.sequence;
  const auto seen = seen_behind(
      {.settled = *settled, .until = answered, .answered_until = answered, .is_enough = is_last},
      patience);
  if (!seen) return give_up(seen.error());
  const bool is_patch = from.patch_until > from.sequence;  // behind it, what is unseen is known
  auto until = std::max(from.sequence, std::min(written.sequence, published));
  if (!seen->empty()) until = std::max(until, *seen->rbegin());
  const auto unseen =
      first_unseen(*seen, source_, settled->sequence, is_patch ? from.sequence : until);
  if (!unseen) return give_up(unseen.error());
  if (!*unseen && (is_patch || until == from.sequence)) return true;
  found.position = source_.position_at(*unseen ? **unseen - 1 : until);
  until = std::max(until, from.patch_until);
  found.position->patch_until = until > found.position->sequence ? until : 0;
  found.position->settled = std::move(settled);
  found.answered_until = is_patch ? 0 : answered;
  return put_patch(*found.position);
}

bool Publisher::put_patch(const Position& position) {
  hanging_.add();
  runtime::log(
      schema::Severity::error, "commit_unseen",
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
  settled_on_kafka_ = found.position->settled.value_or(Settled{}).sequence;
  if (found.position->patch_until <= after_) return true;
  settled_ = found.position->settled.value_or(Settled{found.position->sequence});
  auto seen = seen_behind({.settled = settled_,
                           .until = found.position->patch_until,
                           .answered_until = found.answered_until,
                           .is_enough = false},
                          patience);
  if (!seen) return give_up(seen.error());
  patch_until_ = found.position->patch_until;
  if (!seen->empty()) patch_until_ = std::max(patch_until_, *seen->rbegin());
  seen->erase(seen->begin(), seen->upper_bound(after_));
  visible_ = *std::move(seen);
  return true;
}

}  // namespace qnzs::kafka
