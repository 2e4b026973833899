#pragma once

#include "config/field.hpp"
#include "config/reader.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

// How rows become config/REFERENCE.md.
namespace qnzs::config {

using DefaultValue =
    std::variant<bool, std::int64_t, std::string, Secret, std::vector<std::string>>;

// One line of a chapter's table.
std::string reference_row(const Row& row, const DefaultValue& value);
// A chapter: heading, description, table.
std::string reference_of(std::string_view heading, std::string_view description,
                         const std::string& rows);

template <class S>
std::string reference_rows(std::span<const Field<S>> fields, const S& defaults) {
  std::string rows;
  for (const auto& field : fields) {
    rows += reference_row(
        row_of(field),
        std::visit([&](auto member) -> DefaultValue { return defaults.*member; }, field.member));
  }
  return rows;
}

}  // namespace qnzs::config
