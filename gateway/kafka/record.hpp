#pragma once

#include "schema/cloud_event.hpp"
#include "schema/error.hpp"
#include "schema/topics.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace qnzs::kafka {

// What will stand on a topic: the headers are `event` plus the record's sequence.
struct Record {
  schema::Topic topic = schema::Topic::messages;
  std::string key;
  schema::CloudEvent event;
  std::string value;
};

// The largest record Kafka takes from us, with its key and headers; the topics' max.message.bytes.
inline constexpr std::size_t record_bytes_max = 1024 * 1024;

struct SequencedRecord {
  std::uint64_t sequence = 0;
  Record record;
};

// What readers see for good: every record up to `sequence`. A later one stands behind the place of
// its partition, by partition number; a partition that is not named counts from its beginning.
struct Settled {
  std::uint64_t sequence = 0;
  std::vector<std::int64_t> messages{}, dead_letters{};
  bool operator==(const Settled&) const = default;
};

// How far a source is published, and what tells that from the same number in another source: every
// time a source is opened, the sequences given from then on belong to a new opening with a random
// name. So a source that was replaced, restored from a backup or copied is never taken for the one
// whose position stands on Kafka.
struct Position {
  std::uint64_t sequence = 0;
  std::string opening;  // in which `sequence` was given; empty = not known (older versions)
  std::string id;       // of the record at `sequence`; empty = no longer known
  // Greater than `sequence`: behind it and up to here Kafka shows some records and lacks others,
  // which are published again (a patch; hanging.hpp).
  std::uint64_t patch_until = 0;
  std::optional<Settled> settled{};  // nothing = not known (older versions)
  bool operator==(const Position&) const = default;
};

// Port: where the publisher takes records from (the gateway's journal, the router's outbox).
// Sequences are positive and grow; gaps are allowed. All calls block and come from the publisher's
// own thread, but `id` and `wake` which are safe from any.
class RecordSource {
 public:
  virtual ~RecordSource() = default;
  // Names the source for ever: Kafka key of its position, part of the transactional.id.
  virtual std::string_view id() const = 0;
  // The records behind `after`, in sequence order, at most so many and (beyond the first) so many
  // bytes.
  virtual schema::Result<std::vector<SequencedRecord>> read(std::uint64_t after,
                                                            std::size_t records_max,
                                                            std::size_t bytes_max) = 0;
  // Waits until there is a record behind `after`, the time is over, or `wake`. True when there is
  // one.
  virtual bool wait(std::uint64_t after, std::chrono::milliseconds time_max) = 0;
  virtual void wake() = 0;
  // How far the source knows itself to be published (0 = nothing yet), and the greatest sequence it
  // has given.
  virtual std::uint64_t published() const = 0;
  virtual std::uint64_t last() const = 0;
  // The position at `sequence`, with all that is still known about it.
  virtual Position position_at(std::uint64_t sequence) = 0;
  // What is behind `after` may be read (again), though it counts as published: the source keeps it
  // until another `hold` says otherwise.
  virtual void hold(std::uint64_t after) = 0;
  // Everything up to `sequence` is on Kafka and committed. What is published never goes back. Need
  // not be durable at once.
  virtual void mark_published(std::uint64_t sequence) = 0;
  // Kafka refuses this record for ever: store a dead letter with that reason in its place,
  // atomically, so that the next read gives the dead letter behind everything and not this record.
  virtual schema::Result<void> set_aside(std::uint64_t sequence, std::string_view reason) = 0;
};

}  // namespace qnzs::kafka
