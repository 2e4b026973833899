#include "adapters/hotline/folder_piece.hpp"

#include "schema/json.hpp"

#include <utility>

namespace qnzs::adapters::hotline {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

// By its mark, or by the first two characters, which are ASCII in any file of ours. What a copy has
// not written yet is longer than one byte.
bool begins_as_utf16(std::string_view bytes) {
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF")) return true;
  if (bytes.size() < 4) return false;
  const auto is_nul = [&](std::size_t at) { return bytes[at] == '\0'; };
  return is_nul(0) == is_nul(2) && is_nul(1) == is_nul(3) && is_nul(0) != is_nul(1);
}

bool is_whole_object(std::string_view line) {
  const auto tree =
      schema::json::parse(line, {.bytes_max = line.size(), .depth_max = record_depth_max});
  return tree && tree->object() != nullptr;
}

bool is_passed_over(std::string_view line) {
  const auto first = line.find_first_not_of(" \t");
  return first == std::string_view::npos || line[first] == '#';
}

class Taker {
 public:
  Taker(const FileCursor& from, std::string_view bytes, const FileState& state,
        const PieceLimits& limits)
      : bytes_(bytes), state_(state), limits_(limits) {
    piece_.next = from;
  }

  Piece take() {
    if (piece_.next.offset == 0 && begins_as_utf16(bytes_)) refuse_file();
    if (piece_.next.passed_over == PassedOver::file) {
      advance(bytes_.size());
      piece_.has_more = !state_.is_end;
      return std::move(piece_);
    }
    while (taken_ < bytes_.size()) {
      if (piece_.lines.size() >= limits_.lines_max) {
        piece_.has_more = true;
        break;
      }
      const auto rest = bytes_.substr(taken_);
      const auto end = rest.find('\n');
      if (end == std::string_view::npos) {
        take_unended(rest);
        break;
      }
      const auto line = rest.substr(0, end);
      if (line.contains('\0') && !state_.is_abandoned) {
        piece_.is_waiting = true;
        break;
      }
      take_line(line, end + 1);
      ++piece_.next.line;
    }
    if (taken_ == bytes_.size() && !state_.is_end) piece_.has_more = true;
    return std::move(piece_);
  }

 private:
  void take_unended(std::string_view rest) {
    const bool is_long = without_mark(rest).size() > limits_.line_bytes_max;
    const bool is_refusable = piece_.next.passed_over == PassedOver::line || is_long;
    const bool is_due = state_.is_abandoned && (is_refusable || !state_.is_end);
    if (rest.contains('\0') && !is_due) {
      piece_.is_waiting = true;
    } else if (is_refusable) {
      if (piece_.next.passed_over == PassedOver::nothing) refuse_as_long(rest, true);
      piece_.next.passed_over = PassedOver::line;
      advance(rest.size());
      piece_.has_more = !state_.is_end;
    } else if (!state_.is_end) {
      piece_.has_more = true;
    } else if (state_.is_resting && is_whole_object(without_mark(rest))) {
      take_line(rest, rest.size());  // counted at its line break, should one come
    } else {
      piece_.is_waiting = !is_passed_over(rest) || !state_.is_resting;
    }
  }

  void take_line(std::string_view line, std::size_t with_end) {
    const bool was_refused =
        std::exchange(piece_.next.passed_over, PassedOver::nothing) == PassedOver::line;
    line = without_mark(line);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!was_refused && line.size() > limits_.line_bytes_max) {
      refuse_as_long(line, false);
    } else if (!was_refused && !is_passed_over(line)) {
      piece_.lines.push_back({static_cast<std::size_t>(piece_.next.line + 1), line});
    }
    advance(with_end);
  }

  void refuse_as_long(std::string_view line, bool is_cut) {
    piece_.uncopied_text += "# 第 " + std::to_string(piece_.next.line + 1) + " 行:超过 " +
                            std::to_string(limits_.line_bytes_max) + " 字节,原文未抄录\n";
    put_aside(line, "line_too_long", is_cut);
  }

  void refuse_file() {
    piece_.uncopied_text +=
        "# 第 1 行起:编码是 UTF-16,整个文件没有读,原文未抄录:请另存为不带 BOM 的 UTF-8\n";
    put_aside(bytes_, "file_in_utf16", !state_.is_end);
    piece_.next.passed_over = PassedOver::file;
  }

  void put_aside(std::string_view bytes, const char* reason, bool is_cut) {
    piece_.uncopied.push_back({bytes, is_cut, reason});
  }

  std::string_view without_mark(std::string_view line) const {
    if (piece_.next.offset == 0 && line.starts_with(byte_order_mark))
      line.remove_prefix(byte_order_mark.size());
    return line;
  }

  void advance(std::size_t bytes) {
    taken_ += bytes;
    piece_.next.offset += bytes;
  }

  std::string_view bytes_;
  const FileState& state_;
  const PieceLimits& limits_;
  Piece piece_;
  std::size_t taken_ = 0;
};

}  // namespace

Piece take_piece(const FileCursor& from, std::string_view bytes, const FileState& state,
                 const PieceLimits& limits) {
  return Taker(from, bytes, state, limits).take();
}

std::string rejected_text(const Line& line, const std::vector<Problem>& problems) {
  std::string text = "# 第 " + std::to_string(line.number) + " 行:";
  for (std::size_t i = 0; i < problems.size(); ++i) {
    if (i > 0) text += ";";
    text += problems[i].pointer + (problems[i].pointer.empty() ? "" : " ") + problems[i].what;
  }
  text += '\n';
  return text.append(line.bytes) + '\n';
}

}  // namespace qnzs::adapters::hotline
