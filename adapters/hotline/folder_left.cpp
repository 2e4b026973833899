#include "adapters/hotline/folder_left.hpp"

#include "schema/json.hpp"

#include <chrono>

namespace qnzs::adapters::hotline {
namespace {

constexpr std::chrono::minutes copy_time{10};

}  // namespace

std::string shown_name(std::string_view name) {
  return schema::json::is_utf8(name) ? std::string(name) : "(名字不是 UTF-8 的文件)";
}

void Left::add_unfinished(std::string_view name, std::uint64_t line) {
  if (!unfinished_.empty()) return;
  unfinished_ = shown_name(name);
  line_ = line;
}

void Left::add_other(const FoundFile& file, schema::Instant now) {
  const auto rested = now - file.changed_at;
  if (rested < copy_time && rested > -copy_time) return;
  ++passed_over_;
  // The same one at every look, however the folder is listed.
  auto name = shown_name(file.name);
  if (other_.empty() || name < other_) other_ = std::move(name);
}

std::string Left::note(const std::string& folder) const {
  std::string text;
  if (!unfinished_.empty())
    text = "文件夹 " + folder + " 中的 " + unfinished_ + " 第 " + std::to_string(line_) +
           " 行不完整,且很久没有再写:请对方补全,或另存一份完整的";
  if (passed_over_ == 0) return text;
  return text + (text.empty() ? "" : ";") + "文件夹 " + folder + " 中有 " +
         std::to_string(passed_over_) + " 个文件没有读,如 " + other_ +
         ":只读 *.ndjson,不读链接,请改名或移走";
}

}  // namespace qnzs::adapters::hotline
