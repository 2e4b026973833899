#include "config/toml.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>

namespace qnzs::config {
namespace {

TomlValue copy(const toml::node& node);

TomlTable copy_table(const toml::table& table) {
  TomlTable copied;
  for (const auto& [key, node] : table) copied.push_back({std::string(key.str()), copy(node)});
  // The library sorts by name; people read from the top.
  std::ranges::sort(copied, {}, [](const TomlMember& member) {
    return std::pair(member.value.line, member.value.column);
  });
  return copied;
}

TomlValue copy(const toml::node& node) {
  TomlValue value;
  value.line = node.source().begin.line;
  value.column = node.source().begin.column;
  value.value = std::monostate{};
  if (const auto* table = node.as_table()) {
    value.value = copy_table(*table);
  } else if (const auto* array = node.as_array()) {
    TomlArray items;
    for (const auto& item : *array) items.push_back(copy(item));
    value.value = std::move(items);
  } else if (const auto* flag = node.as_boolean()) {
    value.value = flag->get();
  } else if (const auto* number = node.as_integer()) {
    value.value = number->get();
  } else if (const auto* text = node.as_string()) {
    value.value = text->get();
  }
  return value;
}

// What the library says in English, by a word of it, and the same for people who do not know TOML.
// The first that fits; the text of the file itself is not repeated, since it may be a secret.
struct Saying {
  std::string_view word, what;
};
constexpr std::array sayings{std::to_array<Saying>(
    {{"64 bits", "这个整数太大了"},
     {"leading zeroes", "数字不能以 0 开头:08080 应写成 8080;编号与代码要加引号"},
     {"underscores", "数字中的 _ 两边都要有数字"},
     {"parsing date", "日期或时间写得不对;这里要的若是文字,请加引号"},
     {"parsing time", "日期或时间写得不对;这里要的若是文字,请加引号"},
     {"parsing floating-point", "小数写得不对;这里要的若是文字(如 IP 地址),请加引号"},
     {"integer:", "整数写得不对:只能有数字,不带单位;文字要加引号"},
     {"boolean", "是非应写 true 或 false,全部小写"},
     {"unicode", "文字中的 \\u 后面写得不对"},
     {"cannot redefine", "这个名字前面已经有了,请删去一个"},
     {"cannot insert", "这里的写法与前面的冲突,请删去一个"},
     {"utf-8", "不是 UTF-8 文字,请另存为 UTF-8"},
     {"string", "文字没有写完:引号要成对,反斜杠要写成 \\\\"},
     {"table header", "段名应写成 [名字] 或 [[名字]]"},
     {"value-terminator", "值的后面还有多余的内容;文字要加引号"},
     {"comment or whitespace", "这一行的后面还有多余的内容"},
     {"array", "列表应写成 [值, 值],方括号要成对"},
     {"inline table", "花括号要成对:{ 名字 = 值, 名字 = 值 }"},
     {"expected '='", "名字后面缺少 =,每行应写成 名字 = 值"},
     {"expected keys", "每行应写成 名字 = 值,或 [段名]"},
     {"value", "值写得不对:文字要加引号,是非写 true 或 false"}})};

std::string in_chinese(std::string_view description) {
  const auto found = std::ranges::find_if(
      sayings, [&](const Saying& saying) { return description.contains(saying.word); });
  return "TOML 语法有误:" +
         std::string(found == sayings.end() ? "从这里起读不下去了" : found->what);
}

}  // namespace

const TomlValue* find(const TomlTable& table, std::string_view key) {
  const auto found = std::ranges::find(table, key, &TomlMember::key);
  return found == table.end() ? nullptr : &found->value;
}

std::expected<TomlValue, Problem> parse_toml(std::string_view text, const std::string& file) {
  try {
    return copy(toml::parse(text, file));
  } catch (const toml::parse_error& error) {
    return std::unexpected(Problem{file, error.source().begin.line, error.source().begin.column, "",
                                   in_chinese(error.description())});
  }
}

std::string toml_quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    if (letter == '"' || letter == '\\') quoted.push_back('\\');
    if (letter == '\n') {
      quoted += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      quoted += fmt::format("\\u{:04x}", byte);
    } else {
      quoted.push_back(letter);
    }
  }
  return quoted + "\"";
}

}  // namespace qnzs::config
