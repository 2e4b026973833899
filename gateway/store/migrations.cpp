#include "gateway/store/migrations.hpp"

#include <cstddef>
#include <string>

namespace qnzs::store {
namespace {

struct Mark {
  std::int64_t application = 0;
  std::int64_t version = 0;
  bool is_empty = false;
};

Result<Mark> read_mark(Database& database) {
  Mark mark;
  mark.application = database.number("PRAGMA application_id");
  mark.version = database.number("PRAGMA user_version");
  mark.is_empty = database.number("SELECT count(*) FROM sqlite_schema") == 0;
  if (auto failure = database.take_failure()) return std::unexpected(*std::move(failure));
  return mark;
}

std::unexpected<Failure> refuse(Trouble trouble, std::string reason) {
  return std::unexpected(Failure{trouble, 0, std::move(reason)});
}

Result<Mark> read_own_mark(Database& database, std::int64_t application_id, std::size_t newest) {
  auto mark = read_mark(database);
  if (!mark) return mark;
  const bool is_new = mark->is_empty && mark->version == 0 && mark->application == 0;
  if (!is_new && mark->application != application_id) {
    return refuse(Trouble::foreign, "application_id " + std::to_string(mark->application));
  }
  if (mark->version < 0 || static_cast<std::size_t>(mark->version) > newest) {
    return refuse(Trouble::newer, "version " + std::to_string(mark->version) + ", known up to " +
                                      std::to_string(newest));
  }
  return mark;
}

}  // namespace

Result<void> migrate(Database& database, std::int64_t application_id,
                     std::span<const std::string_view> steps) {
  const auto mark = read_own_mark(database, application_id, steps.size());
  if (!mark) return std::unexpected(mark.error());
  for (auto version = static_cast<std::size_t>(mark->version); version < steps.size(); ++version) {
    Transaction transaction(database);
    database.execute(std::string(steps[version]));
    database.execute("PRAGMA application_id=" + std::to_string(application_id));
    database.execute("PRAGMA user_version=" + std::to_string(version + 1));
    if (!transaction.commit()) return std::unexpected(*database.take_failure());
  }
  return {};
}

Result<void> expect_version(Database& database, std::int64_t application_id, std::size_t version) {
  const auto mark = read_own_mark(database, application_id, version);
  if (!mark) return std::unexpected(mark.error());
  if (static_cast<std::size_t>(mark->version) != version) {
    return refuse(Trouble::other, "version " + std::to_string(mark->version) + ", expected " +
                                      std::to_string(version));
  }
  return {};
}

}  // namespace qnzs::store
