#pragma once

#include <array>
#include <cstdint>
#include <string_view>

// The topics of ARCHITECTURE.md §4 by number (what the journal stores) and by name (before the
// prefix that a configuration may put in front, for tests and shared clusters).
namespace qnzs::schema {

enum class Topic : std::uint8_t {
  messages = 1,
  dead_letters = 2,
  replies = 3,
  delivery_statuses = 4,
  cases = 5,
  case_events = 6,
  alarms = 7,
  journal_positions = 8,
};

struct TopicName {
  Topic topic;
  std::string_view name;
  bool is_compacted;
};

inline constexpr std::array<TopicName, 8> topics{{
    {Topic::messages, "qnzs.messages.v1", false},
    {Topic::dead_letters, "qnzs.dead-letters.v1", false},
    {Topic::replies, "qnzs.replies.v1", false},
    {Topic::delivery_statuses, "qnzs.delivery-statuses.v1", false},
    {Topic::cases, "qnzs.cases.v1", true},
    {Topic::case_events, "qnzs.case-events.v1", false},
    {Topic::alarms, "qnzs.alarms.v1", false},
    {Topic::journal_positions, "qnzs.journal-positions.v1", true},
}};

}  // namespace qnzs::schema
