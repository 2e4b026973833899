#pragma once

#include "schema/time.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// An alarm as a value, and the document that whoever is on duty gets (README.md in this folder).
namespace qnzs::alarm {

enum class Kind : std::uint8_t {
  oldest_queued,    // the oldest unpublished entry is too old
  disk_low,         // journal or disk near its limit
  journal_refuses,  // the journal takes nothing
  unauthentic,      // wrong signatures of one account jump
  test,             // asked for by a person
};
inline constexpr std::size_t kind_count = 5;

enum class Phase : std::uint8_t { raised, repeated, cleared };

std::string_view word(Kind kind);
std::string_view word(Phase phase);

using Numbers = std::vector<std::pair<std::string, std::int64_t>>;

struct Alarm {
  Kind kind = Kind::test;
  Phase phase = Phase::raised;
  std::string subject;  // "channel/account" for `unauthentic`; else empty
  std::string summary;  // Chinese, one sentence: what is wrong and what to do
  Numbers numbers;      // what was measured, the unit in the name
  schema::Instant since{};
  schema::Instant at{};
};

// The JSON document, one line. `gateway` is the journal's id. It has an id that stays the same from
// `raised` to `cleared`. Pure.
std::string document(const Alarm& alarm, std::string_view gateway);

}  // namespace qnzs::alarm
