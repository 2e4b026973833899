#include "gateway/ingest/journal_index.hpp"

#include <utility>

namespace qnzs::ingest {
namespace {

constexpr std::size_t slots_min = 16;

}  // namespace

void IdIndex::place(Shard& shard, std::uint64_t slot) {
  auto at = home(tag_in(slot), shard);
  while (shard.slots[at] != 0) at = next(at, shard);
  shard.slots[at] = slot;
}

void IdIndex::grow(Shard& shard) {
  const auto size = shard.slots.empty() ? slots_min : shard.slots.size() + shard.slots.size() / 2;
  const auto old = std::exchange(shard.slots, std::vector<std::uint64_t>(size));
  for (const auto slot : old) {
    if (slot != 0) place(shard, slot);
  }
}

void IdIndex::insert(const EntryId& id, std::uint64_t sequence) {
  auto& shard = shards_[id[0]];
  if ((shard.used + 1) * 5 > shard.slots.size() * 4) grow(shard);
  place(shard, (tag_of(id) << sequence_bits) | sequence);
  ++shard.used;
  ++size_;
}

void IdIndex::erase(const EntryId& id, std::uint64_t sequence) {
  auto& shard = shards_[id[0]];
  if (shard.slots.empty()) return;
  const auto slot = (tag_of(id) << sequence_bits) | sequence;
  auto hole = home(tag_in(slot), shard);
  while (shard.slots[hole] != slot) {
    if (shard.slots[hole] == 0) return;
    hole = next(hole, shard);
  }
  // Whatever stands behind and would no longer be reached from its home moves into the hole.
  for (auto at = next(hole, shard); shard.slots[at] != 0; at = next(at, shard)) {
    const auto from = home(tag_in(shard.slots[at]), shard);
    const bool is_between = hole <= at ? (hole < from && from <= at) : (hole < from || from <= at);
    if (is_between) continue;
    shard.slots[hole] = shard.slots[at];
    hole = at;
  }
  shard.slots[hole] = 0;
  --shard.used;
  --size_;
}

std::size_t IdIndex::bytes() const {
  std::size_t slots = 0;
  for (const auto& shard : shards_) slots += shard.slots.capacity();
  return slots * sizeof(std::uint64_t);
}

}  // namespace qnzs::ingest
