#pragma once

#include "config/gateway.hpp"
#include "gateway/kafka/patience.hpp"
#include "gateway/kafka/record.hpp"
#include "gateway/kafka/topic_reader.hpp"
#include "schema/error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace qnzs::kafka {

// A position as it stands on the positions topic under the source's id. Documents of older versions
// have the sequence alone.
std::string position_document(const Position& position);
std::optional<Position> position_in(std::string_view document);

// Reads it: the last committed one, and nothing when there is none. Waits for transactions that are
// open on the topic, leaves them out, or gives the last one written at all, whatever became of its
// transaction and of what else was written there. Each question, and each time without progress,
// may take as long as `patience` says. Faults: busy (ask again
// later), forbidden, malformed.
schema::Result<std::optional<Position>> read_position(
    const config::KafkaSettings& settings, std::string_view source_id, const Patience& patience,
    TopicReader::Open open = TopicReader::Open::waited_for);

// True when `known`, a position on Kafka, is a place of the source that says `own` of that sequence
// and is published so far: beyond that only an id proves it. Pure.
bool is_place_of(const Position& known, const Position& own, std::uint64_t published);

// Where to go on, from what Kafka and the source know.
struct StartPoint {
  enum class Match : std::uint8_t {
    fits,     // Kafka knows as much as the source or more, and the source knows that place
    behind,   // Kafka knows less than was published: replaced or truncated
    foreign,  // not a place in this source: it was replaced or restored, or its id is used twice
  };
  Match match = Match::fits;
  std::optional<std::uint64_t> after;  // publish what is behind it; nothing = wait for a person
};
// `own` is what the source says of the place where Kafka's position stands; `published` and `last`
// are the source's. `policy`: publisher.on_position_behind (republish, resume, wait). A foreign
// position proves nothing about this source: what is behind `published` is published. Pure.
StartPoint start_point(const std::optional<Position>& on_kafka, const Position& own,
                       std::uint64_t published, std::uint64_t last, std::string_view policy);

}  // namespace qnzs::kafka
