#include "gateway/ingest/journal_options.hpp"
#include "gateway/ingest/journal_sqlite.hpp"
#include "gateway/ingest/journal_tables.hpp"
#include "gateway/runtime/log.hpp"
#include "gateway/store/log_frames.hpp"
#include "gateway/store/migrations.hpp"
#include "schema/crypto.hpp"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <utility>
#include <vector>

namespace qnzs::ingest {
namespace {

using store::Database;
using store::Failure;
using store::Statement;
using store::Trouble;

constexpr int exit_code_fatal = 70;  // EX_SOFTWARE
constexpr std::int64_t openings_max = 1000;

// What to do about a file that a bit has changed, behind how to tell that from a person's mistake.
constexpr const char* then_damaged =
    "，就是文件已损坏：原样保留，请停下网关，检查磁盘，再运行 qnzs journal salvage --config "
    "配置文件";

[[noreturn]] void end_process(std::string_view reason) {
  runtime::log(
      schema::Severity::error, "journal_fatal",
      {{"reason", reason}, {"explanation", "日志账写盘失败，进程退出；未应答的回调会由平台重发"}});
  runtime::flush_log();
  std::_Exit(exit_code_fatal);
}

std::string explained(const std::string& path, const Failure& failure) {
  if (failure.trouble == Trouble::corrupt)
    return "日志账 " + path + "：" + damage_text(failure.reason);
  const auto what = [&]() -> std::string {
    const std::string was_ours = "。若它一直是本网关的日志账";
    switch (failure.trouble) {
      case Trouble::busy:
        return "正被另一个进程使用";
      case Trouble::full:
        return "所在磁盘已满，请先腾出空间";
      case Trouble::io:
        return "读写出错，请检查磁盘";
      case Trouble::corrupt:
      case Trouble::read_only:
        return "不可写，请检查文件、文件夹的权限和挂载方式。若这些都没有变" +
               std::string(then_damaged);
      case Trouble::missing:
        return "打不开，请检查路径和权限";
      case Trouble::newer:
        return "由更新版本的程序写成，请升级本程序" + was_ours + "，没有用过更新的版本" +
               then_damaged;
      case Trouble::foreign:
        return "是别的程序的数据库，请换一个 journal.path" + was_ours + then_damaged;
      case Trouble::other:
        return "打开失败" + was_ours + then_damaged;
    }
    return "打开失败";
  }();
  return "日志账 " + path + " " + what + "（" + failure.reason + "）";
}

template <class T>
T value_or_throw(store::Result<T> result, const std::string& path) {
  if (!result) throw std::runtime_error(explained(path, result.error()));
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

void throw_failure(Database& database, const std::string& path) {
  if (const auto failure = database.take_failure())
    throw std::runtime_error(explained(path, *failure));
}

store::FileLock lock(const std::string& path) {
  auto lock = store::FileLock::take(path + ".lock");
  if (!lock && lock.error().trouble == Trouble::busy) {
    throw std::runtime_error(
        "日志账 " + path + " 正被另一个进程使用（进程号 " + lock.error().reason +
        "）：一个日志账只能由一个网关打开，请先停止那个进程，或换一个 journal.path");
  }
  return value_or_throw(std::move(lock), path);
}

// A log that SQLite would take for a shorter one.
void expect_whole_log(const std::string& path) {
  const auto bytes = store::bytes_of_file(path + "-wal");
  const auto log = store::read_log(bytes);
  const auto damage = log ? store::damage_in(*log) : std::nullopt;
  if (damage) throw std::runtime_error(explained(path, {Trouble::corrupt, 0, *damage}));
}

// The tables are word for word what the versions made.
void expect_tables(Database& database, const std::string& path) {
  std::string made;
  for (const auto version : journal_versions) made += version;
  Statement row(database, "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL");
  while (row.next()) {
    if (made.find(row.bytes(0)) == std::string::npos) {
      database.fail({Trouble::corrupt, 0, "a table is declared in other words"});
    }
  }
  throw_failure(database, path);
}

// The one row that says whose journal this is.
void identify(Database& database, const std::string& path, const std::string& journal_id) {
  Statement(database, "INSERT OR IGNORE INTO journal(one, journal_id) VALUES(1, ?)")
      .run(std::string_view(journal_id));
  const auto found = database.text("SELECT journal_id FROM journal");
  throw_failure(database, path);
  if (found == journal_id) return;
  throw std::runtime_error("日志账 " + path + " 属于 installation.journal_id = \"" + found +
                           "\"，配置里是 \"" + journal_id +
                           "\"：编号不同会使消息重复发布，请改回原来的编号，或换一个 "
                           "journal.path。若配置里一直是这个编号" +
                           then_damaged);
}

// What is stored from now on belongs to this opening alone; the first one has all there was before.
void begin_opening(Database& database, const std::string& path) {
  std::array<std::uint8_t, 16> name{};
  schema::crypto::random_bytes(name);
  store::Transaction transaction(database);
  Statement(database,
            "INSERT INTO openings(first_sequence, name) SELECT "
            "iif(EXISTS (SELECT 1 FROM openings), last_sequence + 1, 0), ? FROM journal")
      .run(std::string_view(schema::crypto::hex(name)));
  Statement(database, "DELETE FROM openings WHERE number <= (SELECT max(number) FROM openings) - ?")
      .run(openings_max);
  transaction.commit();
  throw_failure(database, path);
}

void learn_keys(Database& database, const std::string& path, SealKeys& keys) {
  for (const auto& key : keys.keys()) {
    Statement(database, "INSERT OR IGNORE INTO seal_keys(id, proof) VALUES(?, ?)")
        .run(std::string_view(key.id), store::Blob{SealKeys::prove(key)});
  }
  Statement row(database, "SELECT number, id, proof FROM seal_keys");
  while (row.next()) {
    if (!keys.learn(row.integer(0), row.bytes(1), row.bytes(2))) {
      throw std::runtime_error(
          "封存密钥 " + std::string(row.bytes(1)) + " 与日志账 " + path +
          " 里的不是同一把：请用原来的密钥，新密钥要用新的 id。若配置里一直是这把密钥" +
          then_damaged);
    }
  }
  throw_failure(database, path);
}

[[noreturn]] void refuse_state(const std::string& path, const std::string& name,
                               const schema::Error& why) {
  throw std::runtime_error("日志账 " + path + " 里的状态 " + name + " 打不开（" + why.reason +
                           "）" + then_damaged);
}

// States live on, unlike bodies: those under an older key get the present one, so that the older
// can be dropped.
void reseal_states(Database& database, const std::string& path, const SealKeys& keys) {
  struct State {
    std::string name, sealed;
  };
  std::vector<State> states;
  Statement row(database, "SELECT name, seal_key, value FROM states WHERE seal_key <> ?");
  for (row.start(keys.current()); row.next();) {
    const std::string name(row.bytes(0));
    if (!keys.has(row.integer(1))) continue;  // `expect_keys` names the key
    const auto value = keys.open(row.integer(1), row.bytes(2), seal_purpose(name));
    if (!value) refuse_state(path, name, value.error());
    states.push_back({name, keys.seal(*value, seal_purpose(name))});
  }
  row.reset();
  if (!states.empty()) {
    store::Transaction transaction(database);
    Statement put(database, "UPDATE states SET seal_key = ?, value = ? WHERE name = ?");
    for (const auto& state : states)
      put.run(keys.current(), store::Blob{state.sealed}, std::string_view(state.name));
    transaction.commit();
  }
  throw_failure(database, path);
}

// What is not published yet must be readable, and so must every state.
void expect_keys(Database& database, const std::string& path, const SealKeys& keys) {
  Statement row(database, "SELECT number, id FROM seal_keys");
  Statement in_use(
      database,
      "SELECT EXISTS (SELECT 1 FROM bodies, journal WHERE sequence > position AND seal_key = ?1) "
      "OR EXISTS (SELECT 1 FROM states WHERE seal_key = ?1)");
  while (row.next()) {
    if (keys.has(row.integer(0))) continue;
    in_use.start(row.integer(0));
    const bool is_missing = in_use.next() && in_use.integer(0) != 0;
    in_use.reset();
    if (is_missing) {
      throw std::runtime_error("配置缺少封存密钥 " + std::string(row.bytes(1)) + "：日志账 " +
                               path +
                               " 里还有用它封存、尚未发布的内容或尚在使用的状态，请把它加回 "
                               "[[seal_keys]]（放在第一把之后）。若从未有过叫这个名字的密钥" +
                               then_damaged);
    }
  }
  throw_failure(database, path);
}

void complete(JournalOptions& options) {
  if (!options.on_fatal) options.on_fatal = end_process;
  if (!options.now) {
    options.now = [] {
      return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    };
  }
}

}  // namespace

std::unique_ptr<Journal> open_journal(const config::JournalSettings& settings,
                                      std::span<const config::SealKeySettings> seal_keys,
                                      std::string journal_id, JournalOptions options) {
  SealKeys keys(seal_keys);
  if (keys.keys().empty()) throw std::runtime_error("配置缺少 [[seal_keys]]：至少要有一把封存密钥");
  complete(options);
  const auto& path = settings.path;
  const auto folder = std::filesystem::path(path).parent_path();
  std::error_code error;
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  if (error)
    throw std::runtime_error("日志账的文件夹 " + folder.string() + " 建不了（" + error.message() +
                             "）");
  auto file_lock = lock(path);
  value_or_throw(store::make_private(path), path);
  expect_whole_log(path);
  auto writing = value_or_throw(
      Database::open({.path = path, .mode = Database::Mode::read_write, .vfs = options.vfs}), path);
  writing->use_durable_log();
  throw_failure(*writing, path);
  // What a power cut left behind the log's end must not be there at the next one. No space is no
  // reason not to start.
  writing->checkpoint(Database::Checkpoint::truncate);
  if (const auto failure = writing->take_failure(); failure && failure->trouble != Trouble::full)
    throw std::runtime_error(explained(path, *failure));
  value_or_throw(store::migrate(*writing, journal_application_id, journal_versions), path);
  expect_tables(*writing, path);
  identify(*writing, path, journal_id);
  learn_keys(*writing, path, keys);
  reseal_states(*writing, path, keys);
  expect_keys(*writing, path, keys);
  begin_opening(*writing, path);
  auto reading = value_or_throw(
      Database::open({.path = path, .mode = Database::Mode::read_only, .vfs = options.vfs}), path);
  return std::make_unique<SqliteJournal>(
      JournalParts{settings, std::move(journal_id), std::move(options), std::move(file_lock),
                   std::move(keys), std::move(writing), std::move(reading)});
}

}  // namespace qnzs::ingest
