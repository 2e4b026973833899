#include "tools/cli/replay_source.hpp"

#include "schema/crypto.hpp"

#include <array>
#include <thread>
#include <utility>

namespace qnzs::cli {
namespace {

constexpr std::size_t read_ahead = 1000;  // records

// A dot is in no journal's id, so that no gateway's position or transactions can be meant.
std::string new_id() {
  std::array<std::uint8_t, 8> bytes{};
  schema::crypto::random_bytes(bytes);
  return ".replay-" + schema::crypto::hex(bytes);
}

}  // namespace

ReplaySource::ReplaySource(kafka::TopicReader reader, Judge judge, std::int64_t records_per_second)
    : id_(new_id()),
      reader_(std::move(reader)),
      judge_(std::move(judge)),
      records_per_second_(records_per_second) {}

schema::Result<std::vector<kafka::SequencedRecord>> ReplaySource::read(std::uint64_t after,
                                                                       std::size_t records_max,
                                                                       std::size_t bytes_max) {
  std::vector<kafka::SequencedRecord> records;
  std::size_t bytes = 0;
  for (const auto& item : window_) {
    if (item.sequence <= after) continue;
    bytes += item.record.value.size();
    if (records.size() >= records_max || (!records.empty() && bytes > bytes_max)) break;
    records.push_back(item);
  }
  return records;
}

bool ReplaySource::wait(std::uint64_t after, std::chrono::milliseconds time_max) {
  if (last_ > after) return true;
  if (pending_.empty()) fill(time_max);
  release();
  if (last_ > after) return true;
  if (pending_.empty() && window_.empty() && reader_.is_over()) is_finished_ = true;
  if (!pending_.empty() || is_finished_) std::this_thread::sleep_for(time_max);
  return false;
}

void ReplaySource::fill(std::chrono::milliseconds time_max) {
  if (reader_.is_over()) return;
  const auto records = reader_.next(read_ahead, time_max);
  if (!records) return;  // Kafka is away: the publisher says so
  for (const auto& record : *records) {
    auto judged = judge_(record);
    for (auto& again : judged.records) pending_.push_back(std::move(again));
  }
}

void ReplaySource::release() {
  const std::chrono::duration<double> passed = Clock::now() - begun_;
  const auto allowed =
      static_cast<std::uint64_t>(passed.count() * static_cast<double>(records_per_second_)) + 1;
  while (!pending_.empty() && (records_per_second_ == 0 || last_ < allowed)) {
    window_.push_back({++last_, std::move(pending_.front())});
    pending_.pop_front();
  }
}

void ReplaySource::mark_published(std::uint64_t sequence) {
  published_ = sequence;
  while (!window_.empty() && window_.front().sequence <= sequence) window_.pop_front();
}

schema::Result<void> ReplaySource::set_aside(std::uint64_t sequence, std::string_view /*reason*/) {
  std::erase_if(window_, [&](const auto& item) { return item.sequence == sequence; });
  ++refused_;
  return {};
}

}  // namespace qnzs::cli
