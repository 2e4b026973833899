#pragma once

#include "config/problem.hpp"

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

// A TOML document as plain values that know where they stand. Hides the library.
namespace qnzs::config {

struct TomlValue;
struct TomlMember;
using TomlArray = std::vector<TomlValue>;
using TomlTable = std::vector<TomlMember>;  // in file order

struct TomlValue {
  // The last stands for what no setting of ours can be: reals, dates.
  std::variant<bool, std::int64_t, std::string, TomlArray, TomlTable, std::monostate> value;
  std::uint32_t line = 0, column = 0;  // from 1
};

struct TomlMember {
  std::string key;
  TomlValue value;
};

// The member's value, or null.
const TomlValue* find(const TomlTable& table, std::string_view key);

// The whole document as a table value. The problem names the place of the syntax error.
std::expected<TomlValue, Problem> parse_toml(std::string_view text, const std::string& file);

// As a TOML basic string, with its quotes.
std::string toml_quoted(std::string_view text);

}  // namespace qnzs::config
