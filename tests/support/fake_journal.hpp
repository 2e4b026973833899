#pragma once

#include "gateway/ingest/journal.hpp"

#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace qnzs::test {

// A journal in memory, for tests of what stands in front of it. Answers from a thread of its own;
// can be told to hold back, to fail, or to refuse at once.
class FakeJournal final : public ingest::Journal {
 public:
  ~FakeJournal() override { release(); }

  void append(std::vector<ingest::Entry> entries, ingest::Appended done) override {
    const std::scoped_lock lock(mutex_);
    if (refuse_with) {
      done(std::unexpected(*refuse_with));
      return;
    }
    pending_.emplace_back(std::move(entries), std::move(done));
    if (!is_held) answer_pending();
  }

  // Answers everything that was held back.
  void release() {
    const std::scoped_lock lock(mutex_);
    answer_pending();
  }

  void count_refused() override { ++refused; }
  std::optional<std::string> state(const std::string& /*name*/) override { return {}; }
  ingest::JournalStatus status() const override { return said; }
  kafka::RecordSource& records() override { std::abort(); }
  void stop() override {}

  std::optional<schema::Error> refuse_with;
  bool is_held = false;
  std::atomic<int> refused{0};
  ingest::JournalStatus said;
  std::vector<ingest::Entry> stored;  // first ones only
  std::mutex mutex_;

 private:
  void answer_pending() {
    std::jthread([this] {
      for (auto& [entries, done] : std::exchange(pending_, {})) {
        std::vector<ingest::Receipt> receipts;
        for (auto& entry : entries) {
          const auto [found, is_new] = sequences_.emplace(entry.id, sequences_.size() + 1);
          receipts.push_back({.sequence = found->second, .is_repeat = !is_new});
          if (is_new) stored.push_back(std::move(entry));
        }
        done(std::move(receipts));
      }
    });  // joins at once: the caller holds the lock
  }

  std::vector<std::pair<std::vector<ingest::Entry>, ingest::Appended>> pending_;
  std::map<ingest::EntryId, std::uint64_t> sequences_;
};

}  // namespace qnzs::test
