#include "adapters/hotline/folder_left.hpp"

#include "schema/json.hpp"

#include <algorithm>
#include <array>

namespace qnzs::adapters::hotline {
namespace {

// By which a text looks like another: Unicode's bidirectional controls (UAX #9 §2).
constexpr std::array<std::string_view, 12> direction_marks{"\u061C", "\u200E", "\u200F", "\u202A",
                                                           "\u202B", "\u202C", "\u202D", "\u202E",
                                                           "\u2066", "\u2067", "\u2068", "\u2069"};

// C0, DEL, and C1 as UTF-8 writes it. `text` is UTF-8.
bool has_control(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7F) return true;
    if (byte == 0xC2 && static_cast<unsigned char>(text[i + 1]) < 0xA0) return true;
  }
  return false;
}

}  // namespace

std::string shown_name(std::string_view name) {
  const bool is_plain =
      schema::json::is_utf8(name) && !has_control(name) &&
      std::ranges::none_of(direction_marks, [&](auto mark) { return name.contains(mark); });
  return is_plain ? std::string(name) : "(名字无法显示的文件)";
}

void Left::add_unfinished(std::string_view name, std::uint64_t line) {
  if (unfinished_++ > 0) return;
  first_unfinished_ = shown_name(name);
  line_ = line;
}

void Left::add_unread(std::size_t count, std::string_view name) {
  unread_ += count;
  first_unread_ = shown_name(name);
}

std::string Left::note(const std::string& folder) const {
  std::string text;
  if (unfinished_ > 0)
    text = "文件夹 " + folder + " 中的 " + first_unfinished_ + " 第 " + std::to_string(line_) +
           " 行不是完整的一条记录,且久未改动(这样的文件共 " + std::to_string(unfinished_) +
           " 个):请对方补全,或另存一份完整的";
  if (unread_ == 0) return text;
  return text + (text.empty() ? "" : ";") + "文件夹 " + folder + " 中有 " +
         std::to_string(unread_) + " 个文件没有读,如 " + first_unread_ +
         ":只读 *.ndjson,不读链接,请改名或移走";
}

}  // namespace qnzs::adapters::hotline
