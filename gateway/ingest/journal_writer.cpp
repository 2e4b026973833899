#include "gateway/ingest/journal_writer.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <string_view>
#include <utility>

namespace qnzs::ingest {
namespace {

using std::chrono::milliseconds;
using store::Blob;
using store::Statement;
using store::Transaction;

constexpr std::chrono::hours clock_error_max{1};
constexpr std::chrono::hours look_at_all_every{6};

std::string_view text_of(const EntryId& id) {
  return {reinterpret_cast<const char*>(id.data()), id.size()};
}

std::int64_t number_of(Instant instant) {
  return instant.time_since_epoch().count();
}

// 0 for a time that lies ahead or is damaged.
milliseconds age_of(std::int64_t accepted_at_ms, Instant now) {
  const bool is_past = 0 <= accepted_at_ms && accepted_at_ms < number_of(now);
  return milliseconds(is_past ? number_of(now) - accepted_at_ms : 0);
}

bool is_record(EntryKind kind) {
  return kind != EntryKind::cursor && kind != EntryKind::part;
}

Progress read_progress(store::Database& database) {
  Statement row(
      database,
      "SELECT last_sequence, position, callbacks, stored, repeated, dead_lettered, refused, "
      "entries, published, queued FROM journal");
  Progress progress;
  if (!row.next()) return progress;
  auto& sums = progress.sums;
  int column = 0;
  for (auto* value :
       {&progress.last, &progress.position, &sums.callbacks, &sums.stored, &sums.repeated,
        &sums.dead_lettered, &sums.refused, &sums.entries, &sums.published, &sums.queued}) {
    *value = static_cast<std::uint64_t>(row.integer(column++));
  }
  return progress;
}

std::set<std::uint64_t> read_asides(store::Database& database, std::uint64_t position) {
  std::set<std::uint64_t> asides;
  Statement row(database, "SELECT sequence FROM asides WHERE sequence > ?");
  row.start(position);
  while (row.next()) asides.insert(static_cast<std::uint64_t>(row.integer(0)));
  return asides;
}

std::vector<PublishedMark> read_marks(store::Database& database) {
  std::vector<PublishedMark> marks;
  Statement row(database,
                "SELECT sequence, published_at_ms FROM published_marks ORDER BY sequence");
  while (row.next())
    marks.push_back({static_cast<std::uint64_t>(row.integer(0)),
                     Instant(std::chrono::milliseconds(row.integer(1)))});
  return marks;
}

std::vector<Opening> read_openings(store::Database& database) {
  std::vector<Opening> openings;
  Statement row(database, "SELECT first_sequence, name FROM openings ORDER BY number");
  while (row.next())
    openings.push_back({static_cast<std::uint64_t>(row.integer(0)), std::string(row.bytes(1))});
  return openings;
}

// Sequences have no holes: each behind the position is an entry or set aside. What does not fit is
// damage, and nothing that is damaged may pass for published.
class WholeOrder {
 public:
  WholeOrder(const Progress& progress, const std::set<std::uint64_t>& asides)
      : progress_(progress), asides_(asides), asides_left_(asides.size()) {}
  void add(std::uint64_t sequence, std::size_t id_bytes) {
    is_fit_ &= sequence > before_ && sequence <= progress_.last && id_bytes == EntryId().size();
    before_ = sequence;
    if (sequence <= progress_.position) return;
    ++queued_;
    if (asides_.contains(sequence)) --asides_left_;
  }
  bool is_whole() const {
    return is_fit_ && progress_.position <= progress_.last &&
           queued_ + asides_left_ == progress_.last - progress_.position;
  }

 private:
  const Progress& progress_;
  const std::set<std::uint64_t>& asides_;
  std::size_t asides_left_;  // without an entry
  std::uint64_t before_ = 0, queued_ = 0;
  bool is_fit_ = true;
};

// Ranges of neighbouring rows, to delete each with one statement.
class Ranges {
 public:
  void add(std::uint64_t sequence, bool is_due) {
    if (is_due && is_open_) {
      ranges_.back().second = sequence;
    } else if (is_due) {
      ranges_.emplace_back(sequence, sequence);
    }
    is_open_ = is_due;
  }
  void remove_with(Statement& statement) const {
    for (const auto& [first, last] : ranges_) statement.run(first, last);
  }

 private:
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges_;
  bool is_open_ = false;
};

}  // namespace

struct JournalWriter::Statements {
  explicit Statements(store::Database& database)
      : id_of(database, "SELECT id FROM entries WHERE sequence = ?"),
        insert_entry(database, "INSERT INTO entries VALUES(?, ?, ?, ?, ?)"),
        insert_body(database, "INSERT INTO bodies VALUES(?, ?, ?)"),
        put_state(database, "INSERT OR REPLACE INTO states VALUES(?, ?, ?)"),
        insert_aside(database, "INSERT OR IGNORE INTO asides VALUES(?, ?) RETURNING sequence"),
        put_progress(
            database,
            "UPDATE journal SET last_sequence = ?, position = ?, callbacks = ?, stored = ?, "
            "repeated = ?, dead_lettered = ?, refused = ?, entries = ?, published = ?, queued = ?"),
        sweepable(database,
                  "SELECT sequence, accepted_at_ms, forget_at_ms, id FROM entries "
                  "WHERE sequence > ? AND sequence <= ? ORDER BY sequence LIMIT ?"),
        old_bodies(database,
                   "SELECT sequence FROM bodies WHERE sequence <= ? ORDER BY sequence LIMIT ?"),
        insert_mark(database, "INSERT OR REPLACE INTO published_marks VALUES(?, ?)"),
        remove_marks(database, "DELETE FROM published_marks WHERE sequence < ?"),
        remove_bodies(database, "DELETE FROM bodies WHERE sequence BETWEEN ? AND ?"),
        remove_entries(database, "DELETE FROM entries WHERE sequence BETWEEN ? AND ?"),
        remove_asides(database, "DELETE FROM asides WHERE sequence BETWEEN ? AND ?") {}

  Statement id_of, insert_entry, insert_body, put_state, insert_aside, put_progress;
  Statement sweepable, old_bodies, insert_mark, remove_marks;
  Statement remove_bodies, remove_entries, remove_asides;
};

JournalWriter::JournalWriter(std::unique_ptr<store::Database> database, std::int64_t seal_key)
    : database_(std::move(database)),
      seal_key_(seal_key),
      statements_(std::make_unique<Statements>(*database_)) {}

JournalWriter::~JournalWriter() = default;

std::optional<store::Failure> JournalWriter::load(Ledger& ledger, PublishedMarks& marks,
                                                  Instant now) {
  marks.load(read_marks(*database_));
  auto progress = read_progress(*database_);
  const auto asides = read_asides(*database_, progress.position);
  std::uint64_t queued = 0;
  WholeOrder order(progress, asides);
  Statement row(*database_,
                "SELECT sequence, accepted_at_ms, forget_at_ms, id FROM entries ORDER BY sequence");
  while (row.next()) {
    const auto sequence = static_cast<std::uint64_t>(row.integer(0));
    const bool is_published = sequence <= progress.position;
    order.add(sequence, row.bytes(3).size());
    EntryId id{};
    std::ranges::copy(row.bytes(3).substr(0, id.size()), id.begin());
    const auto accepted_at = row.integer(1);
    const auto forget_at = row.integer(2);
    if (0 <= accepted_at && accepted_at < forget_at)  // else damaged
      keep_min_ = std::min(keep_min_, milliseconds(forget_at - accepted_at));
    if (!is_published || forget_at > number_of(now)) index_.insert(id, sequence);
    if (is_published || asides.contains(sequence)) continue;
    ++queued;
    ledger.load_queued(sequence, age_of(accepted_at, now));
  }
  row.reset();
  if (!order.is_whole()) {
    database_->fail({store::Trouble::corrupt, 0, "entries are missing or out of order"});
  }
  progress.sums.queued = queued;  // counted anew, so that the sum over the entries is a check
  ledger.load(progress, asides, read_openings(*database_));
  return database_->take_failure();
}

auto JournalWriter::commit(std::span<Request> group, const Progress& progress, const Sweep* sweep,
                           Instant now) -> std::expected<Committed, Failed> {
  Committed committed;
  auto& change = committed.change;
  change.last = progress.last;
  Transaction transaction(*database_);
  for (auto& request : group) store(request, progress, change, now);
  if (sweep != nullptr) committed.is_swept = sweep_step(*sweep);
  write_progress(progress + change);
  if (!transaction.commit()) {
    for (const auto& [id, sequence] : added_) index_.erase(id, sequence);
    added_.clear();
    dropped_.clear();
    ids_ = entries_ = {};  // what the index was to lose, it still has
    return std::unexpected(Failed{*database_->take_failure(), transaction.was_committing()});
  }
  for (const auto& [id, sequence] : dropped_) index_.erase(id, sequence);
  added_.clear();
  dropped_.clear();
  return committed;
}

void JournalWriter::store(Request& request, const Progress& progress, Change& change, Instant now) {
  bool has_message = false;
  bool has_dead_letter = false;
  request.receipts.clear();
  request.receipts.reserve(request.entries.size());
  for (const auto& entry : request.entries) {
    if (!is_record(entry.kind)) {
      statements_->put_state.run(std::string_view(entry.name), seal_key_, Blob{entry.sealed});
      request.receipts.emplace_back();
      continue;
    }
    const auto receipt = store_record(entry, change, now);
    has_message |= !receipt.is_repeat && entry.kind == EntryKind::message;
    has_dead_letter |= !receipt.is_repeat && entry.kind == EntryKind::dead_letter;
    request.receipts.push_back(receipt);
  }
  if (request.aside != 0) set_aside(request, progress, change);
  if (!request.is_callback) return;
  ++change.sums.callbacks;
  ++(has_message       ? change.sums.stored
     : has_dead_letter ? change.sums.dead_lettered
                       : change.sums.repeated);
}

Receipt JournalWriter::store_record(const SealedEntry& entry, Change& change, Instant now) {
  const auto first = index_.find(entry.id, [&](std::uint64_t sequence) {
    auto& row = statements_->id_of;
    row.start(sequence);
    const bool is_it = row.next() && row.bytes(0) == text_of(entry.id);
    row.reset();
    return is_it;
  });
  if (first != 0) return {first, true};
  const auto sequence = ++change.last;
  statements_->insert_entry.run(sequence, static_cast<std::int64_t>(entry.kind), number_of(now),
                                number_of(now + entry.keep_id), Blob{text_of(entry.id)});
  statements_->insert_body.run(sequence, seal_key_, Blob{entry.sealed});
  keep_min_ = std::min(keep_min_, entry.keep_id);
  index_.insert(entry.id, sequence);
  added_.emplace_back(entry.id, sequence);
  if (change.first == 0) change.first = sequence;
  ++change.sums.entries;
  ++change.sums.queued;
  return {sequence, false};
}

void JournalWriter::set_aside(const Request& request, const Progress& progress, Change& change) {
  if (request.aside <= progress.position) return;
  auto& row = statements_->insert_aside;
  row.start(request.aside, std::string_view(request.aside_reason));
  const bool is_new = row.next();
  while (row.next()) continue;
  row.reset();
  if (!is_new) return;
  change.aside = request.aside;
  ++change.sums.published;
  --change.sums.queued;
}

// True when the pass has come to its end.
bool JournalWriter::sweep_step(const Sweep& sweep) {
  if (sweep.mark) statements_->insert_mark.run(sweep.mark->sequence, number_of(sweep.mark->at));
  statements_->remove_marks.run(sweep.marks_until);
  const bool are_bodies_done = sweep_bodies(sweep);
  const bool are_ids_done = forget_ids(sweep);
  const bool are_entries_done = sweep_entries(sweep);
  return are_bodies_done && are_ids_done && are_entries_done;
}

bool JournalWriter::sweep_bodies(const Sweep& sweep) {
  auto& row = statements_->old_bodies;
  std::uint64_t rows = 0;
  std::uint64_t last = 0;
  for (row.start(sweep.bodies_until, sweep.rows_max); row.next(); ++rows)
    last = static_cast<std::uint64_t>(row.integer(0));
  row.reset();
  if (rows > 0) statements_->remove_bodies.run(std::uint64_t{0}, last);
  return rows < sweep.rows_max;
}

// Calls `take(sequence, is_due)` for the next entries of the walk; those whose id is due leave the
// index with this transaction. True when the pass is over.
template <class Take>
bool JournalWriter::step(Walk& walk, std::uint64_t until, const Sweep& sweep, Take take) {
  std::uint64_t rows = 0;
  bool is_any_due = false;
  bool is_any_young = false;
  auto& row = statements_->sweepable;
  for (row.start(walk.at, until, sweep.rows_max); row.next(); ++rows) {
    walk.at = static_cast<std::uint64_t>(row.integer(0));
    const Instant accepted_at{milliseconds(row.integer(1))};
    const bool is_due = row.integer(2) <= number_of(sweep.now);
    if (is_due) {
      EntryId id{};
      std::ranges::copy(row.bytes(3).substr(0, id.size()), id.begin());
      dropped_.emplace_back(id, walk.at);
    }
    is_any_due |= is_due;
    // A clock that was ahead for a while must not hide what lies behind its rows.
    is_any_young |= !is_due && accepted_at > sweep.now - keep_min_ &&
                    accepted_at <= sweep.now + clock_error_max;
    walk.is_among_young |= is_any_young;
    if (!walk.is_among_young) walk.next_from = walk.at;
    take(walk.at, is_due);
  }
  row.reset();
  const bool is_over = rows < sweep.rows_max || (is_any_young && !is_any_due);
  if (is_over) walk = {.at = walk.next_from, .next_from = walk.next_from};
  return is_over;
}

// Ids whose time is over while their bodies are still kept.
bool JournalWriter::forget_ids(const Sweep& sweep) {
  ids_.at = std::max(ids_.at, sweep.bodies_until);
  ids_.next_from = std::max(ids_.next_from, sweep.bodies_until);
  return step(ids_, sweep.published, sweep, [](std::uint64_t, bool) {});
}

bool JournalWriter::sweep_entries(const Sweep& sweep) {
  if (sweep.now >= look_at_all_at_ || sweep.now < look_at_all_at_ - 2 * look_at_all_every) {
    look_at_all_at_ = sweep.now + look_at_all_every;
    entries_ = {};
  }
  Ranges due;
  const auto until = std::min(sweep.published, sweep.bodies_until);
  const bool is_over = step(entries_, until, sweep, [&](std::uint64_t sequence, bool is_due) {
    due.add(sequence, is_due);
  });
  due.remove_with(statements_->remove_entries);
  due.remove_with(statements_->remove_asides);
  return is_over;
}

void JournalWriter::write_progress(const Progress& progress) {
  const auto& sums = progress.sums;
  statements_->put_progress.run(progress.last, progress.position, sums.callbacks, sums.stored,
                                sums.repeated, sums.dead_lettered, sums.refused, sums.entries,
                                sums.published, sums.queued);
}

std::optional<store::Failure> JournalWriter::checkpoint(store::Database::Checkpoint how) {
  database_->checkpoint(how);
  return database_->take_failure();
}

std::expected<std::uint64_t, store::Failure> JournalWriter::used_bytes() {
  const auto pages =
      database_->number("PRAGMA page_count") - database_->number("PRAGMA freelist_count");
  const auto bytes = pages * database_->number("PRAGMA page_size");
  if (auto failure = database_->take_failure()) return std::unexpected(*std::move(failure));
  return static_cast<std::uint64_t>(bytes);
}

}  // namespace qnzs::ingest
