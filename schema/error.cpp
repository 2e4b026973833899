#include "schema/error.hpp"

#include <array>
#include <cstddef>

namespace qnzs::schema {

const Consequence& consequence(Fault fault) {
  static constexpr std::array<Consequence, 10> table{{
      {"malformed", 400, false, Severity::info},
      {"unauthentic", 403, false, Severity::info},
      {"forbidden", 403, false, Severity::info},
      {"unsupported", 404, false, Severity::info},
      {"too_large", 413, false, Severity::info},
      {"too_many", 429, true, Severity::warning},
      {"busy", 503, true, Severity::warning},
      {"late", 503, true, Severity::warning},
      {"storage", 503, true, Severity::error},
      {"internal", 500, true, Severity::error},
  }};
  return table[static_cast<std::size_t>(fault)];
}

}  // namespace qnzs::schema
