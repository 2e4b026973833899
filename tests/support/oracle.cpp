#include "tests/support/oracle.hpp"

#include "gateway/kafka/client_conf.hpp"
#include "gateway/kafka/consumer.hpp"
#include "schema/codec.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <stdexcept>

namespace qnzs::tests {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Clients that saw their Kafka being replaced. librdkafka 2.0.2 sometimes waits for ever when it is
// to destroy such a one: they stay until the process ends.
void abandon(std::unique_ptr<kafka::Consumer> consumer) {
  static std::mutex mutex;
  static auto* const abandoned = new std::vector<std::unique_ptr<kafka::Consumer>>;
  const std::scoped_lock lock(mutex);
  abandoned->push_back(std::move(consumer));
}

}  // namespace

std::string text_of(const Said& said) {
  return "conversation " + std::to_string(said.conversation) + " number " +
         std::to_string(said.number);
}

Said said_in(const std::string& text) {
  Said said;
  if (std::sscanf(text.c_str(), "conversation %u number %u", &said.conversation, &said.number) != 2)
    throw std::runtime_error("a message that no sender of ours has sent");
  return said;
}

Oracle::Oracle(const config::KafkaSettings& kafka)
    : kafka_(kafka), reader_([this](std::stop_token stopping) { read(std::move(stopping)); }) {}

Oracle::~Oracle() = default;

void Oracle::read_again() {
  is_replaced_ = true;
  reader_ = {};  // stops and joins
  is_replaced_ = false;
  {
    const std::scoped_lock lock(mutex_);
    records_.clear();
  }
  reader_ = std::jthread([this](std::stop_token stopping) { read(std::move(stopping)); });
}

void Oracle::read(std::stop_token stopping) {
  const auto topic = kafka::topic_name(kafka_, schema::Topic::messages);
  auto consumer = std::make_unique<kafka::Consumer>(kafka_, kafka::ConsumerOptions{});
  while (!stopping.stop_requested() && !consumer->start({topic}, milliseconds(1000))) {
    std::this_thread::sleep_for(milliseconds(100));
  }
  while (!stopping.stop_requested()) {
    const auto batch = consumer->next(1000, milliseconds(200));
    if (!batch) continue;  // the broker is away: it comes back
    const std::scoped_lock lock(mutex_);
    for (const auto& record : batch->records) {
      const auto message = schema::decode(record.value.value_or(""));
      if (!message) throw std::runtime_error("a message that does not decode");
      records_.emplace_back(kafka::header_of(record, "ce_id"), said_in(message->text));
    }
  }
  if (is_replaced_) abandon(std::move(consumer));
}

void Oracle::answered(const Said& said) {
  const std::scoped_lock lock(mutex_);
  answered_.insert(said);
}

std::size_t Oracle::answered_count() const {
  const std::scoped_lock lock(mutex_);
  return answered_.size();
}

Verdict Oracle::judge(milliseconds time_max, std::size_t missing_max) {
  const auto until = Clock::now() + time_max;
  std::size_t before = 0;
  auto changed_at = Clock::now();
  for (;;) {
    {
      const std::scoped_lock lock(mutex_);
      if (records_.size() != before) changed_at = Clock::now();
      before = records_.size();
      const bool is_quiet = Clock::now() - changed_at > std::chrono::seconds(1);
      auto verdict = count();
      if ((verdict.missing <= missing_max && is_quiet) || Clock::now() > until) return verdict;
    }
    std::this_thread::sleep_for(milliseconds(100));
  }
}

Verdict Oracle::count() const {
  Verdict verdict;
  verdict.answered = answered_.size();
  std::set<std::string> ids;
  std::set<Said> seen;
  std::map<std::uint32_t, std::uint32_t> last;
  for (const auto& [id, said] : records_) {
    if (!ids.insert(id).second) {
      ++verdict.twice;
      continue;
    }
    if (!seen.insert(said).second) ++verdict.twice;  // the same message under two ids
    auto& number = last[said.conversation];
    if (said.number < number) ++verdict.disordered;
    number = std::max(number, said.number);
  }
  verdict.seen = ids.size();
  verdict.missing = static_cast<std::size_t>(
      std::ranges::count_if(answered_, [&](const Said& said) { return !seen.contains(said); }));
  verdict.unanswered = static_cast<std::size_t>(
      std::ranges::count_if(seen, [&](const Said& said) { return !answered_.contains(said); }));
  return verdict;
}

}  // namespace qnzs::tests
