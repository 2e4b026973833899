#include "gateway/ingest/journal_salvage_rows.hpp"

#include "gateway/ingest/journal_framing.hpp"

#include <algorithm>
#include <bit>
#include <optional>
#include <ranges>
#include <utility>

namespace qnzs::ingest {

struct SalvagedRow {
  std::uint64_t sequence = 0;
  std::int64_t kind = 0, accepted_at_ms = 0, forget_at_ms = 0;
  std::string id;
};

struct KnownKey {
  std::int64_t number = 0;
  std::string id, proof;
};

namespace {

using schema::Fault;
using store::Blob;
using store::Database;
using store::Statement;

// One bit is damage; more is another name.
bool differs_by_more_than_a_bit(std::string_view one, std::string_view other) {
  if (one.size() != other.size()) return true;
  int differences = 0;
  for (std::size_t i = 0; i < one.size(); ++i)
    differences += std::popcount(static_cast<unsigned char>(one[i] ^ other[i]));
  return differences > 1;
}

SalvagedRow entry_in(const Statement& row) {
  return {static_cast<std::uint64_t>(row.integer(0)), row.integer(1), row.integer(2),
          row.integer(3), std::string(row.bytes(4))};
}

}  // namespace

Salvage::Salvage(Database& from, Database& to, SealKeys keys, std::uint64_t bytes)
    : from_(from),
      to_(to),
      keys_(std::move(keys)),
      rows_max_(bytes / 16),
      insert_entry_(to, "INSERT OR IGNORE INTO entries VALUES(?, ?, ?, ?, ?)"),
      insert_body_(to, "INSERT OR IGNORE INTO bodies VALUES(?, ?, ?)"),
      insert_aside_(to, "INSERT OR IGNORE INTO asides VALUES(?, ?)"),
      entry_(to, "SELECT kind, id FROM entries WHERE sequence = ?") {}

std::vector<KnownKey> Salvage::known_keys() {
  std::vector<KnownKey> keys;
  Statement row(from_, "SELECT number, id, proof FROM seal_keys");
  while (row.next())
    keys.push_back({row.integer(0), std::string(row.bytes(1)), std::string(row.bytes(2))});
  static_cast<void>(from_.take_failure());
  return keys;
}

// A key whose id or proof is damaged is told by what it opens. False when what waits is sealed by
// one that is not configured: without it nothing of that could be published.
bool Salvage::take_keys() {
  Statement insert(to_, "INSERT OR IGNORE INTO seal_keys VALUES(?, ?, ?)");
  bool are_all_there = true;
  // Read to its end first: what is damaged elsewhere must not hide the keys behind one that is
  // asked after.
  for (const auto& known : known_keys()) {
    const bool is_believed = keys_.learn(known.number, known.id, known.proof);
    if (keys_.has(known.number)) {
      insert.run(known.number, std::string_view(known.id), Blob{known.proof});
    } else if (const auto place = place_by_content(known.number)) {
      const auto& key = keys_.keys()[*place];
      insert.run(known.number, std::string_view(key.id), Blob{SealKeys::prove(key)});
    } else {
      are_all_there &= is_believed && !is_waited_for(known.number);
    }
    static_cast<void>(from_.take_failure());
  }
  if (!are_all_there) return false;
  std::int64_t number = readable_number(to_, "SELECT max(number) FROM seal_keys") > 0 ? 0 : 1;
  if (number == 0) return true;
  // The table is gone: numbers were given as keys were added, and new keys stand first.
  for (const auto& key : std::views::reverse(keys_.keys())) {
    const auto proof = SealKeys::prove(key);
    insert.run(number, std::string_view(key.id), Blob{proof});
    keys_.learn(number++, key.id, proof);
  }
  return true;
}

std::optional<std::size_t> Salvage::place_by_content(std::int64_t number) {
  Statement row(from_,
                "SELECT kind, id, body FROM bodies JOIN entries USING(sequence) "
                "WHERE seal_key = ? ORDER BY sequence DESC LIMIT 20");
  for (row.start(number); row.next();) {
    EntryId id{};
    if (row.bytes(1).size() != id.size()) continue;
    std::ranges::copy(row.bytes(1), id.begin());
    const auto purpose = seal_purpose(static_cast<EntryKind>(row.integer(0)), id);
    for (std::size_t place = 0; place < keys_.keys().size(); ++place) {
      keys_.adopt(number, place);
      if (keys_.open(number, row.bytes(2), purpose)) return place;
    }
  }
  keys_.forget(number);
  return std::nullopt;
}

// One alone may have had its own number damaged.
bool Salvage::is_waited_for(std::int64_t number) {
  Statement count(from_,
                  "SELECT (SELECT count(*) FROM bodies, journal WHERE sequence > position AND "
                  "seal_key = ?1) + (SELECT count(*) FROM states WHERE seal_key = ?1)");
  count.start(number);
  return count.next() && count.integer(0) > 1;
}

void Salvage::put(const SalvagedRow& row) {
  const bool is_sane = row.sequence >= first_ && row.sequence <= last_ && row.kind >= 1 &&
                       row.kind <= 5 && row.id.size() == EntryId().size();
  if (is_sane) {
    insert_entry_.run(row.sequence, row.kind, row.accepted_at_ms, row.forget_at_ms, Blob{row.id});
  }
}

// In the file's order, in which a sequence that stands out is the damaged one; then one by one what
// lies behind a page that cannot be read.
void Salvage::copy_entries() {
  std::optional<SalvagedRow> pending;
  std::uint64_t before = 0;
  {
    Statement row(from_, "SELECT sequence, kind, accepted_at_ms, forget_at_ms, id FROM entries");
    while (row.next()) {
      auto next = entry_in(row);
      const bool is_in_order = !pending || next.sequence > pending->sequence;
      if (!is_in_order && next.sequence <= before) continue;
      if (pending && is_in_order) {
        before = pending->sequence;
        put(*pending);
      }
      pending = std::move(next);
    }
  }
  if (pending) put(*pending);
  if (!from_.take_failure()) return;
  Statement row(from_,
                "SELECT sequence, kind, accepted_at_ms, forget_at_ms, id FROM entries WHERE "
                "sequence = ?");
  for (auto sequence = first_; sequence <= last_; ++sequence) {
    row.start(sequence);
    if (row.next() && static_cast<std::uint64_t>(row.integer(0)) == sequence) put(entry_in(row));
    row.reset();
    static_cast<void>(from_.take_failure());
  }
}

// Only what opens: the seal belongs to the entry's kind and id.
void Salvage::put_body(const Statement& row) {
  const auto sequence = static_cast<std::uint64_t>(row.integer(0));
  entry_.start(sequence);
  if (entry_.next()) {
    EntryId id{};
    std::ranges::copy(entry_.bytes(1).substr(0, id.size()), id.begin());
    const auto kind = static_cast<EntryKind>(entry_.integer(0));
    const auto opened = keys_.open(row.integer(1), row.bytes(2), seal_purpose(kind, id));
    if (opened && unframe(*opened)) insert_body_.run(sequence, row.integer(1), Blob{row.bytes(2)});
  }
  entry_.reset();
}

void Salvage::copy_bodies() {
  {
    Statement row(from_, "SELECT sequence, seal_key, body FROM bodies");
    while (row.next()) put_body(row);
  }
  if (!from_.take_failure()) return;
  Statement row(from_, "SELECT sequence, seal_key, body FROM bodies WHERE sequence = ?");
  for (auto sequence = first_; sequence <= last_; ++sequence) {
    row.start(sequence);
    if (row.next()) put_body(row);
    row.reset();
    static_cast<void>(from_.take_failure());
  }
}

void Salvage::copy_rest() {
  {
    Statement row(from_, "SELECT sequence, reason FROM asides");
    while (row.next()) {
      const auto sequence = static_cast<std::uint64_t>(row.integer(0));
      if (sequence >= first_ && sequence <= last_) insert_aside_.run(sequence, row.bytes(1));
    }
  }
  static_cast<void>(from_.take_failure());
  Statement insert(to_, "INSERT OR IGNORE INTO states VALUES(?, ?, ?)");
  {
    Statement row(from_, "SELECT name, seal_key, value FROM states");
    while (row.next()) {
      if (!keys_.open(row.integer(1), row.bytes(2), seal_purpose(row.bytes(0)))) continue;
      insert.run(row.bytes(0), row.integer(1), Blob{row.bytes(2)});
      ++result.states;
    }
  }
  static_cast<void>(from_.take_failure());
}

// What of the queue is whole, what is damaged, what is gone. A place in the order that nothing is
// left of is set aside, so that the order has no hole.
void Salvage::account() {
  Statement body(to_, "SELECT 1 FROM bodies WHERE sequence = ?");
  Statement aside(to_, "SELECT 1 FROM asides WHERE sequence = ?");
  const auto has = [](Statement& statement, std::uint64_t sequence) {
    statement.start(sequence);
    const bool is_there = statement.next();
    statement.reset();
    return is_there;
  };
  for (auto sequence = position_ + 1; sequence <= last_; ++sequence) {
    if (has(aside, sequence)) continue;
    if (has(body, sequence)) {
      ++result.queued;
    } else if (has(entry_, sequence)) {
      ++result.unreadable;
    } else {
      insert_aside_.run(sequence, std::string_view("lost: the file was damaged"));
      if (result.lost.empty() || result.lost.back().second + 1 != sequence)
        result.lost.emplace_back(sequence, sequence);
      result.lost.back().second = sequence;
    }
  }
  result.entries = readable_number(to_, "SELECT count(*) FROM entries");
}

// The sums over callbacks as far as they can be read; those over the entries follow from what is
// queued, for every sequence was an entry's.
void Salvage::write_journal(const std::string& journal_id) {
  const auto queued = result.queued + result.unreadable;
  const auto stored = readable_number(from_, "SELECT stored FROM journal");
  const auto repeated = readable_number(from_, "SELECT repeated FROM journal");
  const auto dead_lettered = readable_number(from_, "SELECT dead_lettered FROM journal");
  const auto refused = readable_number(from_, "SELECT refused FROM journal");
  Statement(to_, "INSERT INTO journal VALUES(1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
      .run(std::string_view(journal_id), last_, position_,
           stored + repeated + dead_lettered + refused, stored, repeated, dead_lettered, refused,
           last_, last_ - queued, queued);
}

schema::Result<void> Salvage::run(const std::string& journal_id) {
  const auto found = from_.text("SELECT journal_id FROM journal");
  static_cast<void>(from_.take_failure());
  if (!take_keys())
    return schema::fail(Fault::unsupported, "a seal key is missing, or not the file's");
  find_bounds();
  if (last_ == 0) return schema::fail(Fault::storage, "no entry can be read");
  if (!found.empty() && differs_by_more_than_a_bit(found, journal_id))
    return schema::fail(Fault::unsupported, "another journal_id: " + found);
  store::Transaction transaction(to_);
  copy_entries();
  copy_bodies();
  copy_rest();
  copy_openings();
  copy_marks();
  account();
  write_journal(journal_id);
  if (!transaction.commit()) return std::unexpected(store::error_of(*to_.take_failure()));
  return {};
}

}  // namespace qnzs::ingest
