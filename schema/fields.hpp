#pragma once

#include "schema/error.hpp"
#include "schema/json.hpp"
#include "schema/time.hpp"
#include "schema/words.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Reads the members of a document one by one. The first thing that is wrong is kept with its place;
// after it every call returns an empty value, so that a decoder reads top to bottom and asks once,
// at the end.
namespace qnzs::schema {

class Fields {
 public:
  // `value` and `problem` outlive the object. `problem` is shared by all objects of one document.
  Fields(const json::Value& value, std::string pointer, std::optional<Error>& problem);

  bool has(std::string_view name) const { return value_.find(name) != nullptr; }
  std::string text(std::string_view name);     // must be there
  std::string text_if(std::string_view name);  // "" when absent
  bool boolean(std::string_view name);
  std::int64_t integer(
      std::string_view name);  // a real without a fraction counts, as in JSON Schema
  std::optional<std::int64_t> integer_if(std::string_view name);
  std::uint32_t index(std::string_view name);  // 0 to 2^32 - 1
  std::optional<std::uint32_t> index_if(std::string_view name);
  double real(std::string_view name);
  std::optional<double> real_if(std::string_view name);
  Timestamp time(std::string_view name);
  std::optional<Timestamp> time_if(std::string_view name);
  std::vector<std::string> texts_if(std::string_view name);
  json::Object object_if(std::string_view name);
  template <class Id>
  Id digest(std::string_view name) {
    const auto id = Id::parse(text(name));
    if (!id) wrong(name, "is not 32 lower-case hex digits");
    return id.value_or(Id{});
  }
  template <class Enum>
  Enum word(std::string_view name) {
    return from_word<Enum>(text(name));
  }

  Fields child(std::string_view name);  // an object that must be there
  // Calls `read(Fields&)` for each object of the array; nothing when it is absent.
  template <class Read>
  void each_if(std::string_view name, const Read& read) {
    const auto* const items = array_if(name);
    if (items == nullptr) return;
    for (std::size_t i = 0; i < items->size(); ++i) {
      Fields item((*items)[i], place(name) + "/" + std::to_string(i), problem_);
      read(item);
    }
  }

  const json::Value& value() const { return value_; }
  void wrong(std::string_view name, std::string_view what);

 private:
  std::string place(std::string_view name) const { return pointer_ + "/" + std::string(name); }
  const json::Value* required(std::string_view name);
  const json::Array* array_if(std::string_view name);

  const json::Value& value_;
  std::string pointer_;
  std::optional<Error>& problem_;
};

}  // namespace qnzs::schema
