#include "schema/checker.hpp"

#include "schema/limits.hpp"

#include <algorithm>
#include <cmath>

namespace qnzs::schema {
namespace {

constexpr std::size_t problems_max = 100;

bool is_text(std::string_view bytes) {
  return json::is_utf8(bytes) && !bytes.contains('\0');
}

bool is_word_letter(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || is_digit(letter) ||
         letter == '.' || letter == '_' || letter == '-';
}

bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= limits::word_bytes &&
         std::ranges::all_of(text, is_word_letter);
}

}  // namespace

std::string Place::str() const {
  auto text = std::string(list) + "/" + std::to_string(index);
  if (!member.empty()) text.append("/").append(member);
  if (item) text.append("/").append(std::to_string(*item));
  if (!item_member.empty()) text.append("/").append(item_member);
  return text;
}

std::string Member::str() const {
  return std::string(object) + step_to(name);
}

std::string step_to(std::string_view name) {
  if (name.size() > limits::word_bytes || !is_text(name)) return {};
  std::string step = "/";
  for (const char letter : name) {
    if (letter == '~') {
      step += "~0";
    } else if (letter == '/') {
      step += "~1";
    } else {
      step += letter;
    }
  }
  return step;
}

void Checker::word(std::string_view pointer, std::string_view text) {
  expect(is_word(text), pointer, "not a word of letters, digits and . _ -");
}

void Checker::words(std::string_view pointer, const std::vector<std::string>& list,
                    std::size_t count_max) {
  count(pointer, list.size(), count_max);
  for (std::size_t i = 0; i < list.size(); ++i)
    expect(is_word(list[i]), Place{pointer, i}, "not a word of letters, digits and . _ -");
}

void Checker::count(std::string_view pointer, std::size_t count, std::size_t count_max) {
  expect(count <= count_max, pointer, "too many");
}

std::optional<std::string> Checker::fault_below(const json::Value& value) {
  const auto* text = value.text();
  const auto* real = value.real();
  if ((text != nullptr && !is_text(*text)) || (real != nullptr && !std::isfinite(*real))) return "";
  if (const auto* items = value.array()) {
    for (std::size_t i = 0; i < items->size(); ++i) {
      if (const auto below = fault_below((*items)[i])) return "/" + std::to_string(i) + *below;
    }
  }
  if (const auto* members = value.object()) {
    for (const auto& [name, member] : *members) {
      if (!is_text(name)) return "";
      if (const auto below = fault_below(member)) return step_to(name) + *below;
    }
  }
  return std::nullopt;
}

std::string_view Checker::fault_of(std::string_view text, std::size_t bytes_max) {
  if (text.size() > bytes_max) return "too long";
  if (!json::is_utf8(text)) return "not UTF-8";
  if (text.contains('\0')) return "holds NUL";
  return {};
}

bool Checker::is_writable(const Timestamp& time) {
  using namespace std::chrono;
  const auto local = time.at + minutes(time.offset_minutes);
  constexpr sys_days first = year(1) / January / 1;
  constexpr sys_days end = year(9999) / December / 31;
  return local >= first && local < end + days(1) && std::abs(time.offset_minutes) < 24 * 60;
}

bool Checker::is_sha256(std::string_view hex) {
  return hex.size() == 64 && std::ranges::all_of(hex, [](char letter) {
           return is_digit(letter) || (letter >= 'a' && letter <= 'f');
         });
}

void Checker::note(std::string_view pointer, std::string_view what) {
  if (problems_.size() < problems_max)
    problems_.push_back({std::string(pointer), std::string(what)});
}

}  // namespace qnzs::schema
