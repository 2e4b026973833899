#pragma once

#include "config/gateway.hpp"
#include "schema/error.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace qnzs::kafka {

// How far a source is published, as it stands on the positions topic under the source's id.
std::string position_document(std::uint64_t sequence);
std::optional<std::uint64_t> position_in(std::string_view document);

// Reads it: the last committed one, and nothing when there is none. Waits for transactions of
// others that are open on the topic, at most `time_max`. Faults: busy (ask again later), malformed.
schema::Result<std::optional<std::uint64_t>> read_position(const config::KafkaSettings& settings,
                                                           std::string_view source_id,
                                                           std::chrono::milliseconds time_max);

// Where to go on, from what Kafka and the source know.
struct StartPoint {
  enum class Match : std::uint8_t {
    fits,    // Kafka knows as much as the source or more, and not more than there is
    behind,  // Kafka knows less than was published: replaced or truncated
    ahead,   // Kafka knows more than the source holds: the source was replaced or restored
  };
  Match match = Match::fits;
  std::optional<std::uint64_t> after;  // publish what is behind it; nothing = wait for a person
};
// `policy`: publisher.on_position_behind (republish, resume, wait). Pure.
StartPoint start_point(std::optional<std::uint64_t> on_kafka, std::uint64_t published,
                       std::uint64_t last, std::string_view policy);

}  // namespace qnzs::kafka
