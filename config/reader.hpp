#pragma once

#include "config/environment.hpp"
#include "config/field.hpp"
#include "config/problem.hpp"
#include "config/secret.hpp"
#include "config/toml.hpp"

#include <array>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace qnzs::config {

// What is the same for all sections of one file.
struct ReadContext {
  std::string file;
  std::string folder;  // what relative paths stand for
  const Environment& environment;
  Problems problems;
  std::string printed;  // the effective settings, secrets starred
  // Kind of section, key and text, of what no other one may have.
  std::set<std::array<std::string, 3>> taken = {};
};

// A row without the type of its section.
struct Row {
  std::string_view key;
  std::string_view description;
  bool is_required = false;
  std::int64_t min = 0, max = 0;
  std::span<const std::string_view> choices;
  std::string_view pattern_hint;
  bool (*accepts)(std::string_view) = nullptr;
  bool is_path = false;
  bool is_file = false;
  bool is_unique = false;
  bool is_live = false;
  std::string_view example;
};

template <class S>
Row row_of(const Field<S>& field) {
  return {field.key,       field.description,  field.is_required, field.min,     field.max,
          field.choices,   field.pattern_hint, field.accepts,     field.is_path, field.is_file,
          field.is_unique, field.is_live,      field.example};
}

// Applies rows to one table of the file. What is wrong is noted, and the default stays.
class SectionReader {
 public:
  // `path` is the section's name for people: "http", "channels.wechat[0]".
  SectionReader(const TomlValue& section, std::string path, ReadContext& context);

  template <class S>
  void read(std::span<const Field<S>> fields, S& into) {
    for (const auto& field : fields) {
      std::visit([&](auto member) { read(row_of(field), into.*member); }, field.member);
    }
  }
  // Names the keys that no row has taken.
  void refuse_unknown();
  // Notes a problem at that key, or at the section when it is not there.
  void problem(std::string_view key, std::string what);
  // Whether a problem was noted at that key: then what its value does not fit to is not the
  // question.
  bool is_wrong(std::string_view key) const { return wrong_.contains(key); }

 private:
  void read(const Row& row, bool& into);
  void read(const Row& row, std::int64_t& into);
  void read(const Row& row, std::string& into);
  void read(const Row& row, Secret& into);
  void read(const Row& row, std::vector<std::string>& into);

  const TomlValue* take(const Row& row);
  bool check_text(const Row& row, std::string_view text, bool is_secret);
  void check_unique(const Row& row, std::string text);
  std::string resolved(const Row& row, std::string text) const;
  bool expand(std::string_view key, std::string& text);
  bool resolve_secret(const Row& row, const std::string& reference, std::string& value);
  bool read_secret_file(const Row& row, const std::string& name, std::string& value);
  void print(std::string_view key, std::string_view value);

  const TomlValue& section_;
  const TomlTable* table_ = nullptr;
  std::string path_;
  ReadContext& context_;
  std::set<std::string, std::less<>> known_, wrong_;
};

}  // namespace qnzs::config
