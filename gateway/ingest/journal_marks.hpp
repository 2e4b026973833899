#pragma once

#include "gateway/ingest/journal_ledger.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>

namespace qnzs::ingest {

// Everything up to `sequence` was published by then.
struct PublishedMark {
  std::uint64_t sequence = 0;
  Instant at{};
};

// When what was published, without a row for each entry: one mark a minute (fewer when bodies are
// kept for weeks), never too early, at most a minute late. The journal's thread only; no clock.
class PublishedMarks {
 public:
  // `keep`: how long after its publishing a body stays.
  explicit PublishedMarks(std::chrono::milliseconds keep);

  void load(std::span<const PublishedMark> marks);
  // Notes how far is published now; the mark when a new one was made, to be written down.
  std::optional<PublishedMark> note(std::uint64_t position, Instant now);
  // Everything up to here was published `keep` ago or longer; what was noted of it is forgotten.
  std::uint64_t expired(Instant now);

 private:
  std::chrono::milliseconds keep_, step_;
  std::deque<PublishedMark> marks_;  // by sequence
  std::uint64_t expired_ = 0;
};

}  // namespace qnzs::ingest
