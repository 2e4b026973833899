#include "tools/cli/journal_open.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

namespace qnzs::cli {
namespace {

struct Meaning {
  std::string_view words;  // in the reason, as SQLite, the system and the journal say it
  std::string_view sentence;
};

constexpr std::array<Meaning, 18> meanings{{
    {"open in process", "网关正开着它:请先停下网关,再运行一次"},
    {"already there", "目标文件已经存在:请换一个文件名,或先移走它"},
    {"File exists", "目标文件已经存在:请换一个文件名,或先移走它"},
    {"No such file", "文件夹不存在:请先建好它,或检查路径"},
    {"Permission denied", "没有权限:请以网关的用户运行,或检查文件夹的权限"},
    {"unable to open", "打不开:请检查路径与权限"},
    {"not a database", "不是日志账文件,或开头已损坏:若确是日志账,请用 qnzs journal salvage"},
    {"malformed", "已损坏:请停下网关、查看磁盘,再用 qnzs journal salvage"},
    {"application_id", "是别的程序的数据库:请检查路径"},
    {"known up to", "由更新版本的程序写成:请升级 qnzs"},
    {"expected", "由较旧版本的程序写成:请先让网关启动一次,它会升级文件"},
    {"seal key", "封存密钥不是这个文件的:请在配置里给出当时的 [[seal_keys]]"},
    {"another journal_id", "属于另一个 installation.journal_id:请检查配置与路径"},
    {"no entry can be read", "一个条目也读不出:请从备份恢复"},
    {"not sound", "复制出来的不完好:请查看磁盘,并用 qnzs journal verify 核对原件"},
    {"locked", "正被另一个进程使用:请稍后再试"},
    {"is full", "磁盘已满:请先腾出空间"},
    {"I/O error", "读写出错:请查看磁盘"},
}};

}  // namespace

std::string no_journal_at(const std::string& path) {
  std::error_code ignored;
  const auto status = std::filesystem::status(path, ignored);
  if (is_regular_file(status)) return "";
  if (is_directory(status)) return path + " 是文件夹,请给出其中的日志账文件";
  if (exists(status)) return path + " 不是普通文件,请检查路径";
  return "没有 " + path + " 这个文件:网关还没有用它启动过,或路径不对(journal.path)";
}

std::string explain_journal(const schema::Error& error) {
  const auto meaning = std::ranges::find_if(
      meanings, [&](const Meaning& one) { return error.reason.contains(one.words); });
  const auto sentence = meaning == meanings.end() ? "出错" : meaning->sentence;
  return std::string(sentence) + "(" + error.reason + ")";
}

void tell_unreadable(const schema::Error& error, Context& context) {
  context.err << "日志账打不开或读不出:" << explain_journal(error) << "\n";
  context.code = exit_failed;
}

std::unique_ptr<ingest::JournalReader> open_to_read(
    const std::string& path, std::span<const config::SealKeySettings> seal_keys, Context& context) {
  if (const auto why = no_journal_at(path); !why.empty()) {
    context.err << "日志账打不开:" << why << "\n";
    context.code = exit_failed;
    return nullptr;
  }
  auto reader = ingest::JournalReader::open(path, seal_keys);
  if (reader) return *std::move(reader);
  tell_unreadable(reader.error(), context);
  return nullptr;
}

}  // namespace qnzs::cli
