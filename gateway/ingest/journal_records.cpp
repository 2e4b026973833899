#include "gateway/ingest/journal_records.hpp"

#include "gateway/ingest/journal_aside.hpp"
#include "gateway/ingest/journal_framing.hpp"
#include "gateway/runtime/log.hpp"
#include "schema/ids.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace qnzs::ingest {

using store::Statement;

struct JournalRecords::Statements {
  explicit Statements(store::Database& database)
      : records(database,
                "SELECT b.sequence, e.kind, e.id, b.seal_key, b.body FROM bodies b JOIN entries e "
                "USING(sequence) "
                "WHERE b.sequence > ? AND b.sequence <= ? AND b.sequence NOT IN (SELECT sequence "
                "FROM asides) "
                "ORDER BY b.sequence LIMIT ?"),
        record(database,
               "SELECT b.sequence, e.kind, e.id, b.seal_key, b.body FROM bodies b JOIN entries e "
               "USING(sequence) "
               "WHERE b.sequence = ?"),
        aside(database, "SELECT 1 FROM asides WHERE sequence = ?"),
        entry(database, "SELECT sequence, kind, id FROM entries WHERE sequence = ?"),
        state(database, "SELECT seal_key, value FROM states WHERE name = ?") {}
  Statement records, record, aside, entry, state;
};

JournalRecords::JournalRecords(std::string id, std::unique_ptr<store::Database> database,
                               const SealKeys& keys, Ledger& ledger, std::size_t payload_bytes_max,
                               SetAside set_aside)
    : id_(std::move(id)),
      keys_(keys),
      ledger_(ledger),
      payload_bytes_max_(payload_bytes_max),
      set_aside_(std::move(set_aside)),
      database_(std::move(database)),
      statements_(std::make_unique<Statements>(*database_)) {}

JournalRecords::~JournalRecords() = default;

void JournalRecords::close() {
  const std::lock_guard lock(mutex_);
  statements_.reset();
  database_.reset();
}

EntryKind JournalRecords::kind_of(const Statement& row) {
  return static_cast<EntryKind>(row.integer(1));
}

EntryId JournalRecords::id_of(const Statement& row) {
  EntryId id{};
  std::ranges::copy(row.bytes(2).substr(0, id.size()), id.begin());
  return id;
}

schema::Result<kafka::Record> JournalRecords::open(Statement& row) {
  const auto bytes =
      keys_.open(row.integer(3), row.bytes(4), seal_purpose(kind_of(row), id_of(row)));
  if (!bytes) return std::unexpected(bytes.error());
  return unframe(*bytes);
}

schema::Result<std::vector<kafka::SequencedRecord>> JournalRecords::read(std::uint64_t after,
                                                                         std::size_t records_max,
                                                                         std::size_t bytes_max) {
  while (true) {
    auto batch = read_some(after, records_max, bytes_max);
    if (!batch) return std::unexpected(std::move(batch.error()));
    if (!batch->records.empty() || !batch->damage) return std::move(batch->records);
    if (auto aside = quarantine(*batch->damage); !aside)
      return std::unexpected(std::move(aside.error()));
  }
}

schema::Result<JournalRecords::Batch> JournalRecords::read_some(std::uint64_t after,
                                                                std::size_t records_max,
                                                                std::size_t bytes_max) {
  const std::lock_guard lock(mutex_);
  if (!database_) return schema::fail(schema::Fault::storage, "the journal is closed");
  const auto last = ledger_.last();
  const auto published = ledger_.position();
  Batch batch;
  batch.records.reserve(std::min<std::uint64_t>(records_max, last - std::min(after, last)));
  auto expected = after + 1;
  std::size_t rows = 0;
  std::size_t bytes = 0;
  auto& row = statements_->records;
  for (row.start(after, last, std::uint64_t{records_max}); row.next(); ++rows) {
    const auto sequence = static_cast<std::uint64_t>(row.integer(0));
    if (sequence > expected) batch.damage = hole(std::max(expected, published + 1), sequence);
    bytes += row.bytes(4).size();
    if (batch.damage || (!batch.records.empty() && bytes > bytes_max)) break;
    expected = sequence + 1;
    auto record = open(row);
    if (record) {
      batch.records.emplace_back(sequence, *std::move(record));
    } else if (sequence > published) {
      batch.damage = {sequence, kind_of(row), id_of(row), std::string(row.bytes(4)),
                      record.error().reason};
      break;
    }  // else it was on Kafka once and cannot be given again
  }
  row.reset();
  const bool is_all = !batch.damage && rows < records_max && bytes <= bytes_max;
  if (is_all && expected <= last) batch.damage = hole(std::max(expected, published + 1), last + 1);
  if (auto failure = database_->take_failure()) return std::unexpected(failed(*failure));
  return batch;
}

// One body under a wrong number hides what follows from a search, and all of it would look gone. So
// the whole table is looked through once, before the first body is taken for gone.
void JournalRecords::expect_order() {
  if (is_order_known_) return;
  Statement row(*database_, "SELECT sequence FROM bodies");
  for (std::uint64_t before = 0; row.next();) {
    const auto sequence = static_cast<std::uint64_t>(row.integer(0));
    if (sequence <= before)
      database_->fail({store::Trouble::corrupt, 0, "bodies are out of order"});
    before = sequence;
  }
  is_order_known_ = !database_->has_failed();
}

// The first entry of [first, end) that has neither a body nor been set aside.
std::optional<JournalRecords::Damage> JournalRecords::hole(std::uint64_t first, std::uint64_t end) {
  for (auto sequence = first; sequence < end; ++sequence) {
    auto& aside = statements_->aside;
    aside.start(sequence);
    const bool is_aside = aside.next();
    aside.reset();
    if (is_aside || database_->has_failed()) continue;
    expect_order();
    Damage damage{.sequence = sequence, .reason = "its body is gone"};
    auto& entry = statements_->entry;
    entry.start(sequence);
    if (entry.next()) {
      damage.kind = kind_of(entry);
      damage.id = id_of(entry);
    }
    entry.reset();
    return damage;
  }
  return std::nullopt;
}

schema::Result<void> JournalRecords::quarantine(const Damage& damage) {
  // The letter about a damage is damaged itself: the next one would be too, without end.
  if (damage.sequence > ledger_.last_at_open() && damage.kind != EntryKind::message)
    return std::unexpected(failed({store::Trouble::corrupt, 0, "what was stored cannot be read"}));
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  auto aside = set_aside_(damage.sequence, "damaged: " + damage.reason,
                          entry_about_damage(damage.sequence, damage.id, damage.sealed,
                                             damage.reason, payload_bytes_max_, now));
  if (!aside) return aside;
  ledger_.damaged();
  runtime::log(
      schema::Severity::error, "entry_damaged",
      {{"sequence", damage.sequence},
       {"message_id", schema::MessageId(damage.id).hex()},
       {"reason", damage.reason},
       {"explanation", "日志账里这一条已损坏，无法发布：原样留在文件里，另存为死信；请检查磁盘"}});
  return {};
}

// A file that cannot be read is no place to store in either.
schema::Error JournalRecords::failed(const store::Failure& failure) {
  if (failure.trouble == store::Trouble::corrupt) {
    const auto explanation = damage_text(failure.reason);
    if (ledger_.become(JournalCondition::failed, explanation)) {
      runtime::log(schema::Severity::error, "journal_damaged",
                   {{"reason", failure.reason}, {"explanation", explanation}});
    }
  }
  return error_of(failure);
}

// An id that cannot be read is told as unknown: at worst something is published twice.
kafka::Position JournalRecords::position_at(std::uint64_t sequence) {
  kafka::Position position{sequence, ledger_.opening_of(sequence), {}};
  const std::lock_guard lock(mutex_);
  if (!database_) return position;
  auto& row = statements_->entry;
  row.start(sequence);
  if (row.next()) position.id = schema::MessageId(id_of(row)).hex();
  row.reset();
  database_->take_failure();
  return position;
}

schema::Result<void> JournalRecords::set_aside(std::uint64_t sequence, std::string_view reason) {
  schema::Result<kafka::Record> record;
  EntryId id{};
  EntryKind kind{};
  {
    const std::lock_guard lock(mutex_);
    if (!database_) return schema::fail(schema::Fault::storage, "the journal is closed");
    auto& row = statements_->record;
    row.start(sequence);
    const bool is_there = row.next();
    if (is_there) {
      kind = kind_of(row);
      id = id_of(row);
    }
    record = is_there ? open(row) : schema::fail(schema::Fault::storage, "no such record");
    row.reset();
    if (auto failure = database_->take_failure()) return std::unexpected(error_of(*failure));
  }
  if (!record) return std::unexpected(std::move(record.error()));
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  return set_aside_(sequence, reason,
                    entry_instead_of(*record, id, kind, reason, payload_bytes_max_, now));
}

schema::Result<std::optional<std::string>> JournalRecords::state(std::string_view name) {
  const std::lock_guard lock(mutex_);
  if (!database_) return schema::fail(schema::Fault::storage, "the journal is closed");
  auto& row = statements_->state;
  row.start(name);
  schema::Result<std::optional<std::string>> value;
  if (row.next()) value = keys_.open(row.integer(0), row.bytes(1), seal_purpose(name));
  row.reset();
  if (auto failure = database_->take_failure()) return std::unexpected(error_of(*failure));
  return value;
}

}  // namespace qnzs::ingest
