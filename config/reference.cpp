#include "config/reference.hpp"

#include "config/toml.hpp"

#include <limits>

namespace qnzs::config {
namespace {

std::string default_text(const DefaultValue& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "`true`" : "`false`";
  if (const auto* number = std::get_if<std::int64_t>(&value))
    return "`" + std::to_string(*number) + "`";
  if (const auto* text = std::get_if<std::string>(&value))
    return text->empty() ? "空" : "`" + toml_quoted(*text) + "`";
  return "空";
}

std::string type_text(const Row& row, const DefaultValue& value) {
  if (!row.choices.empty()) {
    std::string words;
    for (const auto choice : row.choices) {
      if (!choice.empty()) words += (words.empty() ? "`" : " `") + std::string(choice) + "`";
    }
    return words;
  }
  const bool has_max = row.max != std::numeric_limits<std::int64_t>::max();
  const auto range = std::to_string(row.min) + (has_max ? "–" + std::to_string(row.max) : " 起");
  if (std::holds_alternative<bool>(value)) return "是非";
  if (std::holds_alternative<std::int64_t>(value)) return "整数 " + range;
  const auto length = !has_max      ? std::string()
                      : row.min > 1 ? "," + range + " 字节"
                                    : ",至多 " + std::to_string(row.max) + " 字节";
  if (std::holds_alternative<Secret>(value))
    return "密钥" + length + ",`${环境变量}` 或 `file:路径`";
  if (std::holds_alternative<std::vector<std::string>>(value)) return "文字的列表";
  return "文字" + length;
}

}  // namespace

std::string reference_row(const Row& row, const DefaultValue& value) {
  auto text = "| `" + std::string(row.key) + "` | " + type_text(row, value) + " | " +
              (row.is_required ? std::string("必填") : default_text(value)) + " | " +
              std::string(row.description);
  if (!row.pattern_hint.empty()) text += std::string(row.pattern_hint) + "。";
  if (!row.example.empty()) text += "例:`" + std::string(row.example) + "`。";
  if (row.is_live) text += "可不停机更改。";
  return text + " |\n";
}

std::string reference_of(std::string_view heading, std::string_view description,
                         const std::string& rows) {
  return "\n## `" + std::string(heading) + "`\n\n" + std::string(description) +
         "\n\n| 项 | 类型与范围 | 默认 | 说明 |\n|---|---|---|---|\n" + rows;
}

}  // namespace qnzs::config
