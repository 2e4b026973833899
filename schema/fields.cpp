#include "schema/fields.hpp"

#include <cmath>

namespace qnzs::schema {
namespace {

const json::Value& empty_object() {
  static const json::Value value{json::Object{}};
  return value;
}

}  // namespace

Fields::Fields(const json::Value& value, std::string pointer, std::optional<Error>& problem)
    : value_(value.object() != nullptr ? value : empty_object()),
      pointer_(std::move(pointer)),
      problem_(problem) {
  if (value.object() == nullptr && !problem_)
    problem_ = Error{Fault::malformed, pointer_ + ": is not an object"};
}

void Fields::wrong(std::string_view name, std::string_view what) {
  if (!problem_) problem_ = Error{Fault::malformed, place(name) + ": " + std::string(what)};
}

const json::Value* Fields::required(std::string_view name) {
  const auto* const found = value_.find(name);
  if (found == nullptr) wrong(name, "is missing");
  return found;
}

std::string Fields::text(std::string_view name) {
  return required(name) != nullptr ? text_if(name) : std::string{};
}

std::string Fields::text_if(std::string_view name) {
  const auto* const found = value_.find(name);
  if (found == nullptr) return {};
  if (const auto* const text = found->text()) return *text;
  wrong(name, "is not a string");
  return {};
}

bool Fields::boolean(std::string_view name) {
  const auto* const found = required(name);
  if (found == nullptr) return false;
  if (const auto* const flag = found->boolean()) return *flag;
  wrong(name, "is not true or false");
  return false;
}

std::int64_t Fields::integer(std::string_view name) {
  return required(name) != nullptr ? integer_if(name).value_or(0) : 0;
}

std::optional<std::int64_t> Fields::integer_if(std::string_view name) {
  const auto* const found = value_.find(name);
  if (found == nullptr) return std::nullopt;
  if (const auto* const number = found->integer()) return *number;
  constexpr double exact_max = 9007199254740992.0;  // 2^53
  if (const auto* const real = found->real();
      real != nullptr && std::abs(*real) <= exact_max && std::trunc(*real) == *real)
    return static_cast<std::int64_t>(*real);
  wrong(name, "is not an integer");
  return std::nullopt;
}

std::uint32_t Fields::index(std::string_view name) {
  return required(name) != nullptr ? index_if(name).value_or(0) : 0;
}

std::optional<std::uint32_t> Fields::index_if(std::string_view name) {
  const auto number = integer_if(name);
  if (!number) return std::nullopt;
  if (*number >= 0 && *number <= std::numeric_limits<std::uint32_t>::max())
    return static_cast<std::uint32_t>(*number);
  wrong(name, "is out of range");
  return std::nullopt;
}

double Fields::real(std::string_view name) {
  return required(name) != nullptr ? real_if(name).value_or(0) : 0;
}

std::optional<double> Fields::real_if(std::string_view name) {
  const auto* const found = value_.find(name);
  if (found == nullptr) return std::nullopt;
  if (const auto* const real = found->real()) return *real;
  if (const auto* const number = found->integer()) return static_cast<double>(*number);
  wrong(name, "is not a number");
  return std::nullopt;
}

Timestamp Fields::time(std::string_view name) {
  return required(name) != nullptr ? time_if(name).value_or(Timestamp{}) : Timestamp{};
}

std::optional<Timestamp> Fields::time_if(std::string_view name) {
  if (!has(name)) return std::nullopt;
  const auto time = parse_rfc3339(text_if(name));
  if (!time) wrong(name, "is not an RFC 3339 time");
  return time;
}

std::vector<std::string> Fields::texts_if(std::string_view name) {
  std::vector<std::string> texts;
  const auto* const items = array_if(name);
  if (items == nullptr) return texts;
  for (const auto& item : *items) {
    if (const auto* const text = item.text()) {
      texts.push_back(*text);
    } else {
      wrong(name, "holds something that is not a string");
    }
  }
  return texts;
}

json::Object Fields::object_if(std::string_view name) {
  const auto* const found = value_.find(name);
  if (found == nullptr) return {};
  if (const auto* const members = found->object()) return *members;
  wrong(name, "is not an object");
  return {};
}

Fields Fields::child(std::string_view name) {
  const auto* const found = required(name);
  return {found != nullptr ? *found : empty_object(), place(name), problem_};
}

const json::Array* Fields::array_if(std::string_view name) {
  const auto* const found = value_.find(name);
  if (found == nullptr) return nullptr;
  if (found->array() == nullptr) wrong(name, "is not an array");
  return found->array();
}

}  // namespace qnzs::schema
