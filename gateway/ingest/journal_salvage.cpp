#include "gateway/ingest/journal_salvage.hpp"

#include "gateway/ingest/journal_salvage_rows.hpp"
#include "gateway/ingest/journal_tables.hpp"
#include "gateway/store/file.hpp"
#include "gateway/store/log_frames.hpp"
#include "gateway/store/migrations.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>

namespace qnzs::ingest {
namespace {

namespace fs = std::filesystem;
using schema::Fault;
using store::Database;

// A file that goes away with the object, if it has not been renamed.
class WorkFile {
 public:
  explicit WorkFile(std::string path) : path_(std::move(path)) { remove(); }
  ~WorkFile() { remove(); }
  WorkFile(const WorkFile&) = delete;
  WorkFile& operator=(const WorkFile&) = delete;
  const std::string& path() const { return path_; }

 private:
  void remove() const {
    std::error_code ignored;
    for (const auto* suffix : {"", "-wal", "-shm"}) fs::remove(path_ + suffix, ignored);
  }
  std::string path_;
};

schema::Result<std::unique_ptr<Database>> opened(const std::string& path, Database::Mode mode) {
  if (const auto made = store::make_private(path); !made)
    return std::unexpected(store::error_of(made.error()));
  auto database = Database::open({.path = path, .mode = mode, .vfs = {}});
  if (!database) return std::unexpected(store::error_of(database.error()));
  return *std::move(database);
}

// The damaged database with all of its log that is whole, as one file without a log; how many of
// the log's frames are damaged.
schema::Result<std::uint64_t> write_copy(const std::string& path, const std::string& copy) {
  auto database = store::bytes_of_file(path);
  const auto bytes = store::bytes_of_file(path + "-wal");
  const auto log = store::read_log(bytes);
  std::uint64_t damaged = 0;
  if (log) {
    store::replay(*log, database);
    if (store::damage_in(*log))
      damaged = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(std::ranges::count(
                                               log->frames, false, &store::LogFrame::is_whole)));
  }
  store::fill_up(database);
  if (const auto made = store::make_private(copy); !made)
    return std::unexpected(store::error_of(made.error()));
  std::ofstream file(copy, std::ios::binary);
  file << database << std::flush;
  if (!file) return schema::fail(Fault::storage, "cannot write " + copy);
  return damaged;
}

schema::Result<Salvaged> salvage_rows(const std::string& from_path, const std::string& to_path,
                                      SealKeys keys, const std::string& journal_id) {
  const auto from = opened(from_path, Database::Mode::read_only);
  if (!from) return std::unexpected(from.error());
  const auto to = opened(to_path, Database::Mode::read_write);
  if (!to) return std::unexpected(to.error());
  (*to)->use_durable_log();
  if (const auto failure = (*to)->take_failure()) return std::unexpected(store::error_of(*failure));
  const auto made = store::migrate(**to, journal_application_id, journal_versions);
  if (!made) return std::unexpected(store::error_of(made.error()));
  Salvage salvage(**from, **to, std::move(keys), store::file_bytes(from_path));
  if (const auto done = salvage.run(journal_id); !done) return std::unexpected(done.error());
  (*to)->checkpoint(Database::Checkpoint::truncate);
  if (const auto failure = (*to)->take_failure()) return std::unexpected(store::error_of(*failure));
  return std::move(salvage.result);
}

std::string name_for_damaged(const std::string& path) {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto first = path + ".damaged-" + std::to_string(now.time_since_epoch().count());
  auto name = first;
  for (int number = 2; fs::exists(name); ++number) name = first + "-" + std::to_string(number);
  return name;
}

// A power cut at any point leaves the damaged journal with all it has, or the whole one: an old
// file without its log would be an older journal, a new file with an old log none at all. So the
// copy that has the log within it comes in between.
schema::Result<void> exchange(const std::string& path, const std::string& copy,
                              const std::string& whole, const std::string& damaged) {
  if (fs::exists(path + "-wal")) {
    fs::copy_file(path + "-wal", damaged + "-wal");
    if (const auto kept = store::make_durable(damaged + "-wal"); !kept)
      return std::unexpected(store::error_of(kept.error()));
  }
  fs::create_hard_link(path, damaged);
  if (const auto replaced = store::replace_file(copy, path); !replaced)
    return std::unexpected(store::error_of(replaced.error()));
  fs::remove(path + "-shm");
  fs::remove(path + "-wal");
  if (const auto replaced = store::replace_file(whole, path); !replaced)
    return std::unexpected(store::error_of(replaced.error()));
  return {};
}

}  // namespace

schema::Result<Salvaged> salvage_journal(const std::string& path,
                                         std::span<const config::SealKeySettings> seal_keys,
                                         const std::string& journal_id) {
  const auto lock = store::FileLock::take(path + ".lock");
  if (!lock && lock.error().trouble == store::Trouble::busy)
    return schema::fail(Fault::busy, "open in process " + lock.error().reason);
  if (!lock) return std::unexpected(store::error_of(lock.error()));
  const WorkFile copy(path + ".salvage-from");
  const WorkFile whole(path + ".salvage-to");
  const auto frames_damaged = write_copy(path, copy.path());
  if (!frames_damaged) return std::unexpected(frames_damaged.error());
  auto salvaged = salvage_rows(copy.path(), whole.path(), SealKeys(seal_keys), journal_id);
  if (!salvaged) return salvaged;
  salvaged->frames_damaged = *frames_damaged;
  salvaged->damaged_file = name_for_damaged(path);
  try {
    const auto exchanged = exchange(path, copy.path(), whole.path(), salvaged->damaged_file);
    if (!exchanged) return std::unexpected(exchanged.error());
  } catch (const fs::filesystem_error& error) {
    return schema::fail(Fault::storage, error.code().message());
  }
  return salvaged;
}

}  // namespace qnzs::ingest
