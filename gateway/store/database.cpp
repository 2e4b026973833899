#include "gateway/store/database.hpp"

#include <sqlite3.h>

#include <utility>

namespace qnzs::store {
namespace {

Trouble trouble_of(int code) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Trouble::busy;
    case SQLITE_FULL:
      return Trouble::full;
    case SQLITE_IOERR:
      return Trouble::io;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CONSTRAINT:  // nothing of ours conflicts: the file contradicts itself
      return Trouble::corrupt;
    case SQLITE_READONLY:
      return Trouble::read_only;
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      return Trouble::missing;
    default:
      return Trouble::other;
  }
}

int count_log_pages(void* pages, sqlite3*, const char*, int count) {
  *static_cast<std::size_t*>(pages) = static_cast<std::size_t>(count);
  return SQLITE_OK;
}

}  // namespace

void Database::Close::operator()(sqlite3* handle) const {
  sqlite3_close_v2(handle);
}
void Statement::Finalize::operator()(sqlite3_stmt* handle) const {
  sqlite3_finalize(handle);
}

Result<std::unique_ptr<Database>> Database::open(const Options& options) {
  std::unique_ptr<Database> database(new Database);
  const bool writes = options.mode == Mode::read_write;
  const int flags = (writes ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY) |
                    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(options.path.c_str(), &handle, flags,
                                   options.vfs.empty() ? nullptr : options.vfs.c_str());
  database->handle_.reset(handle);
  if (code != SQLITE_OK) {
    database->fail(code, "open");
    return std::unexpected(*database->take_failure());
  }
  // SQLite opens what it may not write read-only without a word.
  if (writes && sqlite3_db_readonly(handle, "main") == 1) {
    return std::unexpected(Failure{Trouble::read_only, SQLITE_READONLY, "open: not writable"});
  }
  sqlite3_busy_timeout(handle, static_cast<int>(options.wait_max.count()));
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  database->execute(
      "PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA temp_store=MEMORY");
  if (auto failure = database->take_failure()) return std::unexpected(*std::move(failure));
  return database;
}

Database::~Database() = default;

void Database::fail(Failure failure) {
  if (!failure_) failure_ = std::move(failure);
}

void Database::fail(int code, std::string_view doing) {
  std::string reason(doing);
  reason += ": ";
  reason += sqlite3_errstr(code);
  reason += " (sqlite " + std::to_string(code) + ")";
  fail(Failure{trouble_of(code), code, std::move(reason)});
}

void Database::execute(const std::string& sql) {
  if (has_failed()) return;
  const int code = sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code, sql.substr(0, sql.find_first_of(" ;(")));
}

std::int64_t Database::number(std::string_view sql) {
  Statement statement(*this, sql);
  return statement.next() ? statement.integer(0) : 0;
}

std::string Database::text(std::string_view sql) {
  Statement statement(*this, sql);
  return statement.next() ? std::string(statement.bytes(0)) : std::string();
}

void Database::use_durable_log() {
  const auto log = text("PRAGMA journal_mode=WAL");
  execute(
      "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0; PRAGMA journal_size_limit=67108864");
  const auto synchronous = number("PRAGMA synchronous");
  if (has_failed()) return;
  if (log != "wal" || synchronous != 2) {
    fail(Failure{Trouble::other, 0,
                 "journal_mode=" + log + " synchronous=" + std::to_string(synchronous)});
    return;
  }
  sqlite3_wal_hook(handle_.get(), count_log_pages, &log_pages_);
}

void Database::checkpoint(Checkpoint how) {
  if (has_failed()) return;
  const int mode =
      how == Checkpoint::passive ? SQLITE_CHECKPOINT_PASSIVE : SQLITE_CHECKPOINT_TRUNCATE;
  int pages = 0;
  int copied = 0;
  const int code = sqlite3_wal_checkpoint_v2(handle_.get(), nullptr, mode, &pages, &copied);
  if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY) return fail(code, "checkpoint");
  if (pages >= 0 && pages == copied) log_pages_ = 0;
}

void Database::copy_into(Database& target,
                         const std::function<void(std::int64_t done, std::int64_t all)>& progress) {
  constexpr int pages_in_step = 1000;
  execute("BEGIN");
  number("SELECT count(*) FROM sqlite_schema");  // the snapshot: without it every write of others
                                                 // would make the copy begin anew
  if (has_failed()) return target.fail(*failure_);
  auto* backup = sqlite3_backup_init(target.handle_.get(), "main", handle_.get(), "main");
  int code = backup == nullptr ? sqlite3_extended_errcode(target.handle_.get()) : SQLITE_OK;
  while (code == SQLITE_OK) {
    code = sqlite3_backup_step(backup, pages_in_step);
    const auto all = sqlite3_backup_pagecount(backup);
    if (progress) progress(all - sqlite3_backup_remaining(backup), all);
  }
  sqlite3_backup_finish(backup);
  execute("ROLLBACK");
  if (code != SQLITE_DONE) target.fail(code, "backup");
}

Statement::Statement(Database& database, std::string_view sql) : database_(database) {
  if (database.has_failed()) return;
  sqlite3_stmt* handle = nullptr;
  const int code =
      sqlite3_prepare_v3(database.handle_.get(), sql.data(), static_cast<int>(sql.size()),
                         SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
  handle_.reset(handle);
  if (code != SQLITE_OK) database.fail(code, "prepare");
}

bool Statement::next() {
  if (database_.has_failed()) return false;
  const int code = sqlite3_step(handle_.get());
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) database_.fail(code, "step");
  return false;
}

void Statement::reset() {
  sqlite3_reset(handle_.get());
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(handle_.get(), column);
}

std::string_view Statement::bytes(int column) const {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(handle_.get(), column));
  const auto size = sqlite3_column_bytes(handle_.get(), column);
  return data == nullptr ? std::string_view{}
                         : std::string_view(data, static_cast<std::size_t>(size));
}

bool Statement::is_null(int column) const {
  return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
}

void Statement::bind(int index, std::int64_t value) {
  if (database_.has_failed()) return;
  const int code = sqlite3_bind_int64(handle_.get(), index, value);
  if (code != SQLITE_OK) database_.fail(code, "bind");
}

void Statement::bind(int index, std::string_view text) {
  if (database_.has_failed()) return;
  const int code = sqlite3_bind_text64(handle_.get(), index, text.data(), text.size(),
                                       SQLITE_STATIC, SQLITE_UTF8);
  if (code != SQLITE_OK) database_.fail(code, "bind");
}

void Statement::bind(int index, Blob blob) {
  if (database_.has_failed()) return;
  // A null pointer would bind NULL, not an empty blob.
  const char* data = blob.bytes.data() == nullptr ? "" : blob.bytes.data();
  const int code =
      sqlite3_bind_blob64(handle_.get(), index, data, blob.bytes.size(), SQLITE_STATIC);
  if (code != SQLITE_OK) database_.fail(code, "bind");
}

Transaction::Transaction(Database& database) : database_(database) {
  // One that could not be rolled back would be in the way of every later one.
  if (sqlite3_get_autocommit(database.handle_.get()) == 0) database.execute("ROLLBACK");
  database.execute("BEGIN IMMEDIATE");
  is_open_ = !database.has_failed();
}

Transaction::~Transaction() {
  // A failed step may have rolled back by itself; then this one fails and nobody needs to know.
  if (is_open_) sqlite3_exec(database_.handle_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

bool Transaction::commit() {
  if (database_.has_failed()) return false;
  was_committing_ = true;
  database_.execute("COMMIT");
  is_open_ = database_.has_failed();
  return !is_open_;
}

}  // namespace qnzs::store
