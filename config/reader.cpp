#include "config/reader.hpp"

#include "config/file.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <optional>
#include <sys/stat.h>

namespace qnzs::config {
namespace {

constexpr std::size_t secret_file_bytes_max = 4096;

// Edits between two keys: for "did you mean".
std::size_t distance(std::string_view left, std::string_view right) {
  std::vector<std::size_t> row(right.size() + 1);
  std::iota(row.begin(), row.end(), 0UZ);
  for (std::size_t i = 1; i <= left.size(); ++i) {
    auto diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const auto change = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
    }
  }
  return row.back();
}

std::string range_text(const Row& row) {
  if (row.max == std::numeric_limits<std::int64_t>::max())
    return "不小于 " + std::to_string(row.min);
  return std::to_string(row.min) + " 到 " + std::to_string(row.max);
}

std::string joined(std::span<const std::string_view> words) {
  std::string text;
  for (const auto word : words) text.append(text.empty() ? "" : "、").append(word);
  return text;
}

}  // namespace

Environment process_environment() {
  return [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    if (value == nullptr) return std::nullopt;
    return value;
  };
}

SectionReader::SectionReader(const TomlValue& section, std::string path, ReadContext& context)
    : section_(section),
      table_(std::get_if<TomlTable>(&section.value)),
      path_(std::move(path)),
      context_(context) {}

void SectionReader::problem(std::string_view key, std::string what) {
  const auto* value = table_ == nullptr ? nullptr : find(*table_, key);
  const auto& place = value == nullptr ? section_ : *value;
  const auto name = key.empty() ? path_ : path_ + "." + std::string(key);
  context_.problems.push_back({context_.file, place.line, place.column, name, std::move(what)});
  wrong_.emplace(key);
}

const TomlValue* SectionReader::take(const Row& row) {
  known_.emplace(row.key);
  const auto* value = table_ == nullptr ? nullptr : find(*table_, row.key);
  if (value == nullptr && row.is_required)
    problem(row.key, "缺少此项,请填写。" + std::string(row.description));
  return value;
}

void SectionReader::refuse_unknown() {
  if (table_ == nullptr) return;
  for (const auto& [key, value] : *table_) {
    if (known_.contains(key)) continue;
    const auto nearest = std::ranges::min_element(
        known_, {}, [&](const std::string& known) { return distance(known, key); });
    std::string what = "没有这一项,请删去或改正";
    if (nearest != known_.end() && distance(*nearest, key) <= 3)
      what += ";是否想写 " + *nearest + "?";
    problem(key, std::move(what));
  }
}

void SectionReader::print(std::string_view key, std::string_view value) {
  context_.printed.append(key).append(" = ").append(value).append("\n");
}

void SectionReader::read(const Row& row, bool& into) {
  if (const auto* value = take(row)) {
    if (const auto* flag = std::get_if<bool>(&value->value)) {
      into = *flag;
    } else {
      problem(row.key, "应为 true 或 false,不加引号");
    }
  }
  print(row.key, into ? "true" : "false");
}

void SectionReader::read(const Row& row, std::int64_t& into) {
  if (const auto* value = take(row)) {
    const auto* number = std::get_if<std::int64_t>(&value->value);
    if (number == nullptr) {
      problem(row.key, "应为整数,不加引号");
    } else if (*number < row.min || *number > row.max) {
      problem(row.key, "超出范围,应为 " + range_text(row));
    } else {
      into = *number;
    }
  }
  print(row.key, std::to_string(into));
}

void SectionReader::read(const Row& row, std::string& into) {
  if (const auto* value = take(row)) {
    const auto* text = std::get_if<std::string>(&value->value);
    if (text == nullptr) {
      problem(row.key, "应为文字,请加引号");
    } else if (auto expanded = *text;
               expand(row.key, expanded) && check_text(row, expanded, false)) {
      into = resolved(row, std::move(expanded));
      if (row.is_unique) check_unique(row, into);
      const auto why = row.is_file && !into.empty() ? why_unreadable(into) : std::string();
      if (!why.empty()) problem(row.key, why);
    }
  }
  print(row.key, toml_quoted(into));
}

void SectionReader::read(const Row& row, std::vector<std::string>& into) {
  if (const auto* value = take(row)) {
    const auto* items = std::get_if<TomlArray>(&value->value);
    if (items == nullptr) return problem(row.key, "应为文字的列表:[\"…\", \"…\"]");
    into.clear();
    for (const auto& item : *items) {
      const auto* text = std::get_if<std::string>(&item.value);
      if (text == nullptr) return problem(row.key, "列表中的每一项应为文字,请加引号");
      auto expanded = *text;
      if (expand(row.key, expanded) && check_text(row, expanded, false)) into.push_back(expanded);
    }
  }
  std::string list;
  for (const auto& text : into) list += (list.empty() ? "" : ", ") + toml_quoted(text);
  print(row.key, "[" + list + "]");
}

void SectionReader::read(const Row& row, Secret& into) {
  if (const auto* value = take(row)) {
    const auto* text = std::get_if<std::string>(&value->value);
    std::string secret;
    if (text == nullptr) {
      problem(row.key, "应为 \"${环境变量}\" 或 \"file:路径\"");
    } else if (resolve_secret(row, *text, secret) && check_text(row, secret, true)) {
      into = Secret(std::move(secret));
    }
  }
  print(row.key, toml_quoted(into.empty() ? "" : Secret::stars));
}

void SectionReader::check_unique(const Row& row, std::string text) {
  if (row.is_path && text.ends_with('/')) text.pop_back();
  const auto kind = path_.substr(0, path_.rfind('['));
  if (!text.empty() && !context_.taken.insert({kind, std::string(row.key), text}).second)
    problem(row.key, "与同一渠道另一个账号的相同,请改一个");
}

std::string SectionReader::resolved(const Row& row, std::string text) const {
  if (!row.is_path || text.empty()) return text;
  return (std::filesystem::path(context_.folder) / text).lexically_normal().string();
}

bool SectionReader::check_text(const Row& row, std::string_view text, bool is_secret) {
  const auto size = static_cast<std::int64_t>(text.size());
  if (size < row.min || size > row.max) {
    problem(row.key, "长度应为 " + range_text(row) + " 字节,现为 " + std::to_string(size));
    return false;
  }
  if (!row.choices.empty() && std::ranges::find(row.choices, text) == row.choices.end()) {
    problem(row.key, "只能是 " + joined(row.choices) + " 之一");
    return false;
  }
  if (row.accepts == nullptr || row.accepts(text)) return true;
  problem(row.key, (is_secret ? "内容不对:" : "写法不对:") + std::string(row.pattern_hint));
  return false;
}

// ${NAME} and ${NAME:-default}, anywhere in the text.
bool SectionReader::expand(std::string_view key, std::string& text) {
  std::string expanded;
  std::string_view rest = text;
  for (auto start = rest.find("${"); start != std::string_view::npos; start = rest.find("${")) {
    const auto end = rest.find('}', start);
    if (end == std::string_view::npos) {
      problem(key, "${ 之后缺少 }");
      return false;
    }
    const auto inner = rest.substr(start + 2, end - start - 2);
    const auto mark = inner.find(":-");
    const auto name = inner.substr(0, mark);
    const auto found = context_.environment(name);
    if (!found && mark == std::string_view::npos) {
      problem(key, "环境变量 " + std::string(name) + " 未设置");
      return false;
    }
    expanded.append(rest.substr(0, start));
    const bool is_set = found && !(found->empty() && mark != std::string_view::npos);
    expanded.append(is_set ? *found : std::string(inner.substr(mark + 2)));
    rest.remove_prefix(end + 1);
  }
  text = expanded.append(rest);
  return true;
}

bool SectionReader::resolve_secret(const Row& row, const std::string& reference,
                                   std::string& value) {
  if (reference.starts_with("file:")) return read_secret_file(row, reference.substr(5), value);
  const bool is_variable = reference.starts_with("${") && reference.ends_with('}') &&
                           reference.find('}') == reference.size() - 1;
  if (!is_variable) {
    problem(row.key, "密钥不能直接写在配置里,请写成 \"${环境变量}\" 或 \"file:路径\"");
    return false;
  }
  const auto name = reference.substr(2, reference.size() - 3);
  const auto found = context_.environment(name);
  if (!found || found->empty()) {
    problem(row.key, "环境变量 " + name + " 未设置或为空");
    return false;
  }
  value = *found;
  return true;
}

bool SectionReader::read_secret_file(const Row& row, const std::string& name, std::string& value) {
  const auto path = (std::filesystem::path(context_.folder) / name).lexically_normal().string();
  if (const auto why = why_unreadable(path); !why.empty()) {
    problem(row.key, why);
    return false;
  }
  struct stat status{};
  if (stat(path.c_str(), &status) != 0 || (status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    problem(row.key, "文件能被别的用户读写,请执行:chmod 600 " + path);
    return false;
  }
  std::ifstream file(path, std::ios::binary);
  value.resize(secret_file_bytes_max + 1);
  file.read(value.data(), static_cast<std::streamsize>(value.size()));
  const bool is_whole = file.eof();  // it ends within the limit
  value.resize(static_cast<std::size_t>(file.gcount()));
  while (value.ends_with('\n') || value.ends_with('\r')) value.pop_back();
  if (!is_whole || value.empty()) {
    problem(row.key, (!file.bad() && value.empty()) ? "文件是空的:" + path
                                                    : "文件读不了,或大于 4 KiB:" + path);
    return false;
  }
  return true;
}

}  // namespace qnzs::config
