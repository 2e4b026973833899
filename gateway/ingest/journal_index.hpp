#pragma once

#include "gateway/ingest/journal.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace qnzs::ingest {

// Which sequence has this id? A hash index over the entries, in memory: on the disk the entries are
// append-only, so that storing costs the same however many there are (a B-tree over random ids
// writes one page per id). Rebuilt at start; about 12 bytes for each remembered id. Ids are HMACs,
// so their bits are the hash. Not thread-safe.
//
// 32 bits of the id are kept; a candidate must be compared with its row. Of 10 million ids one
// look-up in 400 has a false candidate.
class IdIndex {
 public:
  IdIndex() : shards_(shard_count) {}

  // Calls `is_it(sequence)` for each candidate until one says true; its sequence, or 0.
  template <class IsIt>
  std::uint64_t find(const EntryId& id, IsIt is_it) const {
    const auto& shard = shards_[id[0]];
    if (shard.slots.empty()) return 0;
    const auto tag = tag_of(id);
    for (auto at = home(tag, shard); shard.slots[at] != 0; at = next(at, shard)) {
      if (tag_in(shard.slots[at]) == tag && is_it(sequence_in(shard.slots[at])))
        return sequence_in(shard.slots[at]);
    }
    return 0;
  }

  void insert(const EntryId& id, std::uint64_t sequence);  // 1 to 2^40 - 1, once for each
  void erase(const EntryId& id, std::uint64_t sequence);   // nothing when it is not there
  std::size_t size() const { return size_; }
  std::size_t bytes() const;

 private:
  // A slot is tag << 40 | sequence; 0 = free. Linear probing; deletion shifts back. 256 shards grow
  // one by one, so that no append waits for the whole index to be moved.
  struct Shard {
    std::vector<std::uint64_t> slots;
    std::size_t used = 0;
  };
  static constexpr std::size_t shard_count = 256;
  static constexpr unsigned sequence_bits = 40;

  static std::uint64_t tag_of(const EntryId& id) {
    return (std::uint64_t{id[1]} << 16) | (std::uint64_t{id[2]} << 8) | id[3];
  }
  static std::uint64_t tag_in(std::uint64_t slot) { return slot >> sequence_bits; }
  static std::uint64_t sequence_in(std::uint64_t slot) {
    return slot & ((std::uint64_t{1} << sequence_bits) - 1);
  }
  static std::size_t home(std::uint64_t tag, const Shard& shard) {
    return static_cast<std::size_t>((tag * shard.slots.size()) >> 24);
  }
  static std::size_t next(std::size_t at, const Shard& shard) {
    return at + 1 == shard.slots.size() ? 0 : at + 1;
  }
  static void place(Shard& shard, std::uint64_t slot);
  static void grow(Shard& shard);

  std::vector<Shard> shards_;
  std::size_t size_ = 0;
};

}  // namespace qnzs::ingest
