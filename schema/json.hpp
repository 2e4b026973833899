#pragma once

#include "schema/error.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace qnzs::schema::json {

class Value;
using Array = std::vector<Value>;
using Member = std::pair<std::string, Value>;
using Object = std::vector<Member>;  // in document order; names are unique

// A JSON value that owns its text. Small and plain: for documents, not for hot loops.
class Value {
 public:
  using Variant =
      std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, Array, Object>;
  Value() = default;
  Value(std::nullptr_t) {}
  Value(bool flag) : value_(flag) {}
  Value(std::int64_t number) : value_(number) {}
  Value(int number) : value_(std::int64_t{number}) {}
  Value(double number) : value_(number) {}
  Value(std::string text) : value_(std::move(text)) {}
  Value(std::string_view text) : value_(std::string(text)) {}
  Value(const char* text) : value_(std::string(text)) {}
  Value(Array items) : value_(std::move(items)) {}
  Value(Object members) : value_(std::move(members)) {}

  const Variant& variant() const { return value_; }
  bool is_null() const { return std::holds_alternative<std::nullptr_t>(value_); }
  const bool* boolean() const { return std::get_if<bool>(&value_); }
  const std::int64_t* integer() const { return std::get_if<std::int64_t>(&value_); }
  const double* real() const { return std::get_if<double>(&value_); }
  const std::string* text() const { return std::get_if<std::string>(&value_); }
  const Array* array() const { return std::get_if<Array>(&value_); }
  const Object* object() const { return std::get_if<Object>(&value_); }
  Object* object() { return std::get_if<Object>(&value_); }
  Array* array() { return std::get_if<Array>(&value_); }

  // Member of an object, or null when this is no object or has no such member.
  const Value* find(std::string_view name) const;
  bool operator==(const Value&) const = default;

 private:
  Variant value_ = nullptr;
};

struct Limits {
  std::size_t bytes_max = 512 * 1024;
  std::size_t depth_max = 32;
};

// Strict RFC 8259: valid UTF-8, one document, unique member names, integers inside int64, reals
// finite. Iterative; never throws; bounded by `limits`. The reason names the byte offset.
Result<Value> parse(std::string_view text, const Limits& limits = {});

// Compact, members in order, UTF-8 written raw. Every string must be valid UTF-8 (checked at the
// border).
std::string write(const Value& value);
// The same, two spaces per level, for people and golden files.
std::string write_pretty(const Value& value);

// Writes a document straight into a string, without a tree: for the hot path. Calls must nest
// properly and strings must be valid UTF-8: the caller's duty, not checked here.
class Writer {
 public:
  explicit Writer(std::string& out)
      : out_(out) {}  // appends to `out`, which must outlive the writer
  void begin_object();
  void end_object();
  void begin_array();
  void end_array();
  void name(std::string_view text);
  void plain_name(std::string_view text);  // the same for one of letters, digits and _ only
  void text(std::string_view text);
  void integer(std::int64_t number);
  void real(double number);  // shortest form that reads back the same
  void boolean(bool flag);
  void null();
  void value(const Value& tree);

 private:
  void separate();
  void open(char bracket);
  void close(char bracket);

  std::string& out_;
  bool needs_comma_ = false;
};

// True when `text` is valid UTF-8 (RFC 3629: no surrogates, no overlong forms).
bool is_utf8(std::string_view text);

}  // namespace qnzs::schema::json
