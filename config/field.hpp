#pragma once

#include "config/secret.hpp"

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

// One row per setting: the only source for parsing, limits, defaults, secrecy, unknown-key errors
// and config/REFERENCE.md. A section's struct `S` holds the defaults in its member initialisers.
namespace qnzs::config {

template <class S>
using MemberPointer = std::variant<bool S::*, std::int64_t S::*, std::string S::*, Secret S::*,
                                   std::vector<std::string> S::*>;

template <class S>
struct Field {
  std::string_view key;  // English, snake_case, unit last: "body_bytes_max"
  MemberPointer<S> member;
  std::string_view description;  // Chinese, one sentence: what it does and when to change it
  bool is_required = false;
  // Integers: allowed range. Texts, secrets and lists: allowed length (of each text; bytes).
  std::int64_t min = 0;
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
  std::span<const std::string_view> choices = {};  // texts only; empty = free
  std::string_view pattern_hint = {};              // shown when a text is refused, Chinese
  bool (*accepts)(std::string_view) = nullptr;     // texts and secrets: a further check
  bool is_path = false;           // texts only: relative to the configuration file's folder
  bool is_file = false;           // a path of a file that must be there and readable
  bool is_unique = false;         // texts only: no two sections of a kind may have the same
  bool is_live = false;           // `qnzs reload` changes it; the others wait for a restart
  std::string_view example = {};  // for REFERENCE.md; empty = the default
};

}  // namespace qnzs::config
