#include "gateway/ingest/journal_backup.hpp"

#include "gateway/ingest/journal_tables.hpp"
#include "gateway/store/database.hpp"
#include "gateway/store/file.hpp"
#include "gateway/store/migrations.hpp"

#include <filesystem>
#include <system_error>

namespace qnzs::ingest {
namespace {

using store::Database;

store::Result<void> copy(const std::string& path, const std::string& to,
                         const BackupProgress& progress) {
  const auto source = Database::open({.path = path, .mode = Database::Mode::read_only, .vfs = {}});
  if (!source) return std::unexpected(source.error());
  if (auto ours = store::expect_version(**source, journal_application_id, journal_versions.size());
      !ours)
    return ours;
  if (auto made = store::make_private(to); !made) return made;
  const auto target = Database::open({.path = to, .mode = Database::Mode::read_write, .vfs = {}});
  if (!target) return std::unexpected(target.error());
  (*source)->copy_into(**target, progress);
  (*target)->execute("PRAGMA journal_mode=DELETE");  // one file; the gateway turns it to WAL again
  if (auto failure = (*target)->take_failure()) return std::unexpected(*std::move(failure));
  return {};
}

schema::Result<JournalSummary> checked(const std::string& path) {
  const auto reader = JournalReader::open(path);
  if (!reader) return std::unexpected(reader.error());
  const auto findings = (*reader)->verify();
  if (!findings) return std::unexpected(findings.error());
  if (!findings->empty())
    return schema::fail(schema::Fault::storage, "the copy is not sound: " + findings->front());
  return (*reader)->summary();
}

}  // namespace

schema::Result<JournalSummary> back_up_journal(const std::string& path, const std::string& to,
                                               const BackupProgress& progress) {
  if (std::filesystem::exists(to))
    return schema::fail(schema::Fault::storage, "already there: " + to);
  const auto partial = to + ".partial";
  std::error_code ignored;
  std::filesystem::remove(partial, ignored);  // of an earlier one that was killed
  const auto give_up = [&](schema::Error error) {
    std::filesystem::remove(partial, ignored);
    return std::unexpected(std::move(error));
  };
  if (const auto copied = copy(path, partial, progress); !copied)
    return give_up(store::error_of(copied.error()));
  auto summary = checked(partial);
  if (!summary) return give_up(std::move(summary.error()));
  if (const auto finished = store::finish_file(partial, to); !finished)
    return give_up(store::error_of(finished.error()));
  return summary;
}

}  // namespace qnzs::ingest
