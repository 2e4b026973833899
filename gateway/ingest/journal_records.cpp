#include "gateway/ingest/journal_records.hpp"

#include "gateway/ingest/journal_aside.hpp"
#include "gateway/ingest/journal_framing.hpp"
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
        id_of(database, "SELECT id FROM entries WHERE sequence = ?"),
        state(database, "SELECT seal_key, value FROM states WHERE name = ?") {}
  Statement records, record, id_of, state;
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

schema::Result<JournalRecords::Stored> JournalRecords::open(Statement& row) {
  Stored stored;
  stored.kind = static_cast<EntryKind>(row.integer(1));
  std::ranges::copy(row.bytes(2).substr(0, stored.id.size()), stored.id.begin());
  const auto damaged = [&](schema::Error error) {
    error.reason += ", sequence " + std::to_string(row.integer(0));
    return std::unexpected(std::move(error));
  };
  const auto bytes = keys_.open(row.integer(3), row.bytes(4), seal_purpose(stored.kind, stored.id));
  if (!bytes) return damaged(bytes.error());
  auto record = unframe(*bytes);
  if (!record) return damaged(record.error());
  stored.record = *std::move(record);
  return stored;
}

schema::Result<std::vector<kafka::SequencedRecord>> JournalRecords::read(std::uint64_t after,
                                                                         std::size_t records_max,
                                                                         std::size_t bytes_max) {
  const std::lock_guard lock(mutex_);
  if (!database_) return schema::fail(schema::Fault::storage, "the journal is closed");
  std::vector<kafka::SequencedRecord> records;
  std::size_t bytes = 0;
  auto& row = statements_->records;
  row.start(after, ledger_.last(), std::uint64_t{records_max});
  while (row.next()) {
    bytes += row.bytes(4).size();
    if (!records.empty() && bytes > bytes_max) break;
    auto stored = open(row);
    if (!stored && records.empty()) {
      row.reset();
      return std::unexpected(std::move(stored.error()));
    }
    if (!stored) break;  // what is before it can go
    records.push_back({static_cast<std::uint64_t>(row.integer(0)), std::move(stored->record)});
  }
  row.reset();
  if (auto failure = database_->take_failure()) return std::unexpected(error_of(*failure));
  return records;
}

// An id that cannot be read is told as unknown: at worst something is published twice.
kafka::Position JournalRecords::position_at(std::uint64_t sequence) {
  kafka::Position position{sequence, ledger_.opening_of(sequence), {}};
  const std::lock_guard lock(mutex_);
  if (!database_) return position;
  auto& row = statements_->id_of;
  row.start(sequence);
  if (row.next()) {
    EntryId id{};
    std::ranges::copy(row.bytes(0).substr(0, id.size()), id.begin());
    position.id = schema::MessageId(id).hex();
  }
  row.reset();
  database_->take_failure();
  return position;
}

schema::Result<void> JournalRecords::set_aside(std::uint64_t sequence, std::string_view reason) {
  schema::Result<Stored> stored;
  {
    const std::lock_guard lock(mutex_);
    if (!database_) return schema::fail(schema::Fault::storage, "the journal is closed");
    auto& row = statements_->record;
    row.start(sequence);
    stored = row.next() ? open(row) : schema::fail(schema::Fault::storage, "no such record");
    row.reset();
    if (auto failure = database_->take_failure()) return std::unexpected(error_of(*failure));
  }
  if (!stored) return std::unexpected(std::move(stored.error()));
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  return set_aside_(
      sequence, reason,
      entry_instead_of(stored->record, stored->id, stored->kind, reason, payload_bytes_max_, now));
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
