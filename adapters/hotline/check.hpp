#pragma once

#include "adapters/hotline/call_record.hpp"
#include "adapters/support/text.hpp"
#include "schema/json.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace qnzs::adapters::hotline {

// One thing that is wrong with a record, for the people who sent it.
struct Problem {
  std::string pointer;  // JSON pointer (RFC 6901) into the record, "" = the whole
  std::string what;     // Chinese; never a value of the record
  bool operator==(const Problem&) const = default;
};
inline constexpr std::size_t problems_named_max = 50;

// All that keeps a record from being one by the table and by what no JSON Schema can say; empty =
// it is one.
std::vector<Problem> check(const schema::json::Value& record);

// A real without a fraction counts as an integer, as in JSON Schema. Nothing for anything else.
std::optional<std::int64_t> integer_in(const schema::json::Value& value);

// Takes from every text in the tree what no text of ours may hold; `repairs` says what was done.
// Names are left: one without its control characters could be another's, so `check` refuses it.
void clean(schema::json::Value& tree, support::Repairs& repairs);

}  // namespace qnzs::adapters::hotline
