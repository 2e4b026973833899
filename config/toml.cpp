#include "config/toml.hpp"

#include <toml++/toml.h>

#include <algorithm>

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
                                   "TOML 语法有误:" + std::string(error.description())});
  }
}

std::string toml_quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') quoted.push_back('\\');
    if (letter == '\n') {
      quoted += "\\n";
    } else {
      quoted.push_back(letter);
    }
  }
  return quoted + "\"";
}

}  // namespace qnzs::config
