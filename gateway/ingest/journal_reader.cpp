#include "gateway/ingest/journal_reader.hpp"

#include "gateway/ingest/journal_framing.hpp"
#include "gateway/ingest/journal_keys.hpp"
#include "gateway/ingest/journal_tables.hpp"
#include "gateway/store/file.hpp"
#include "gateway/store/migrations.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace qnzs::ingest {
namespace {

using store::Database;
using store::Statement;
using Instant = std::chrono::sys_time<std::chrono::milliseconds>;

std::uint64_t count(const Statement& row, int column) {
  return static_cast<std::uint64_t>(row.integer(column));
}

Instant instant(const Statement& row, int column) {
  return Instant(std::chrono::milliseconds(row.integer(column)));
}

EntryId id_in(const Statement& row, int column) {
  EntryId id{};
  std::ranges::copy(row.bytes(column).substr(0, id.size()), id.begin());
  return id;
}

}  // namespace

struct JournalReader::Impl {
  std::string path;
  std::unique_ptr<Database> database;
  SealKeys keys;

  template <class T>
  schema::Result<T> checked(T value) {
    if (auto failure = database->take_failure()) return std::unexpected(store::error_of(*failure));
    return value;
  }
};

JournalReader::JournalReader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
JournalReader::~JournalReader() = default;

schema::Result<std::unique_ptr<JournalReader>> JournalReader::open(
    const std::string& path, std::span<const config::SealKeySettings> seal_keys) {
  auto database = Database::open({.path = path, .mode = Database::Mode::read_only, .vfs = {}});
  if (!database) return std::unexpected(store::error_of(database.error()));
  const auto version =
      store::expect_version(**database, journal_application_id, journal_versions.size());
  if (!version) return std::unexpected(store::error_of(version.error()));
  auto impl = std::make_unique<Impl>(Impl{path, *std::move(database), SealKeys(seal_keys)});
  Statement row(*impl->database, "SELECT number, id, proof FROM seal_keys");
  while (row.next()) {
    if (!impl->keys.learn(row.integer(0), row.bytes(1), row.bytes(2))) {
      return schema::fail(schema::Fault::storage,
                          "seal key " + std::string(row.bytes(1)) + " is another one");
    }
  }
  row.reset();
  if (auto failure = impl->database->take_failure())
    return std::unexpected(store::error_of(*failure));
  return std::unique_ptr<JournalReader>(new JournalReader(std::move(impl)));
}

schema::Result<JournalSummary> JournalReader::summary() {
  JournalSummary summary;
  Statement row(
      *impl_->database,
      "SELECT journal_id, last_sequence, position, callbacks, stored, repeated, dead_lettered, "
      "refused, "
      "entries, published, queued, (SELECT accepted_at_ms FROM entries WHERE sequence > position "
      "AND "
      "sequence NOT IN (SELECT sequence FROM asides) ORDER BY sequence LIMIT 1) FROM journal");
  if (row.next()) {
    summary.journal_id = row.bytes(0);
    summary.last_sequence = count(row, 1);
    summary.position = count(row, 2);
    summary.sums = {.callbacks = count(row, 3),
                    .stored = count(row, 4),
                    .repeated = count(row, 5),
                    .dead_lettered = count(row, 6),
                    .refused = count(row, 7),
                    .entries = count(row, 8),
                    .published = count(row, 9),
                    .queued = count(row, 10)};
    if (!row.is_null(11)) summary.oldest_queued_at = instant(row, 11);
  }
  row.reset();
  summary.bytes = store::file_bytes(impl_->path) + store::file_bytes(impl_->path + "-wal");
  return impl_->checked(std::move(summary));
}

schema::Result<std::vector<ListedEntry>> JournalReader::list(std::uint64_t after,
                                                             std::size_t rows_max) {
  std::vector<ListedEntry> entries;
  Statement row(*impl_->database,
                "SELECT e.sequence, e.kind, e.id, e.accepted_at_ms, e.sequence <= j.position, "
                "EXISTS (SELECT 1 FROM asides WHERE sequence = e.sequence), "
                "EXISTS (SELECT 1 FROM bodies WHERE sequence = e.sequence) "
                "FROM entries e, journal j WHERE e.sequence > ? ORDER BY e.sequence LIMIT ?");
  row.start(after, std::uint64_t{rows_max});
  while (row.next()) {
    entries.push_back({.sequence = count(row, 0),
                       .kind = static_cast<EntryKind>(row.integer(1)),
                       .id = id_in(row, 2),
                       .accepted_at = instant(row, 3),
                       .is_published = row.integer(4) != 0,
                       .is_aside = row.integer(5) != 0,
                       .has_body = row.integer(6) != 0});
  }
  row.reset();
  return impl_->checked(std::move(entries));
}

schema::Result<kafka::Record> JournalReader::record(std::uint64_t sequence) {
  Statement row(
      *impl_->database,
      "SELECT e.kind, e.id, b.seal_key, b.body FROM entries e JOIN bodies b USING(sequence) "
      "WHERE e.sequence = ?");
  row.start(sequence);
  if (!row.next()) {
    if (auto failure = impl_->database->take_failure())
      return std::unexpected(store::error_of(*failure));
    return schema::fail(schema::Fault::unsupported, "no such record, or its body has expired");
  }
  const auto purpose = seal_purpose(static_cast<EntryKind>(row.integer(0)), id_in(row, 1));
  const auto bytes = impl_->keys.open(row.integer(2), row.bytes(3), purpose);
  if (!bytes) return std::unexpected(bytes.error());
  return unframe(*bytes);
}

schema::Result<std::vector<std::string>> JournalReader::verify() {
  auto& database = *impl_->database;
  std::vector<std::string> findings;
  const auto expect = [&](bool holds, std::string finding) {
    if (!holds && !database.has_failed()) findings.push_back(std::move(finding));
  };
  Statement check(database, "PRAGMA integrity_check(20)");
  while (check.next())
    expect(check.bytes(0) == "ok", "SQLite 完整性检查:" + std::string(check.bytes(0)));
  check.reset();
  // From here on all numbers are of one moment, whatever a gateway writes meanwhile.
  database.execute("BEGIN");
  const auto summary = this->summary();
  if (!summary) {
    database.execute("ROLLBACK");
    database.take_failure();
    return std::unexpected(summary.error());
  }
  const auto& sums = summary->sums;
  expect(sums.callbacks == sums.stored + sums.repeated + sums.dead_lettered + sums.refused,
         "收到的次数不等于 新存 + 重复 + 死信 + 拒收 之和");
  expect(sums.entries == sums.published + sums.queued, "条目数不等于 已发布 + 待发布 之和");
  const auto queued = database.number(
      "SELECT count(*) FROM entries WHERE sequence > (SELECT position FROM journal) AND sequence "
      "NOT IN "
      "(SELECT sequence FROM asides)");
  expect(static_cast<std::uint64_t>(queued) == sums.queued,
         "待发布的有 " + std::to_string(queued) + " 条,而账上记着 " + std::to_string(sums.queued) +
             " 条");
  const auto bodiless = database.number(
      "SELECT count(*) FROM entries WHERE sequence > (SELECT position FROM journal) AND sequence "
      "NOT IN "
      "(SELECT sequence FROM bodies)");
  expect(bodiless == 0, std::to_string(bodiless) + " 条待发布的没有内容");
  const auto beyond =
      database.number("SELECT count(*) FROM entries, journal WHERE sequence > last_sequence");
  expect(beyond == 0, std::to_string(beyond) + " 条的序号大于账上的末一个");
  database.execute("ROLLBACK");
  return impl_->checked(std::move(findings));
}

}  // namespace qnzs::ingest
