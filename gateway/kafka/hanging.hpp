#pragma once

#include "config/gateway.hpp"
#include "gateway/kafka/consumer.hpp"
#include "gateway/kafka/patience.hpp"
#include "gateway/kafka/record.hpp"
#include "schema/error.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <vector>

// Transactions that hang. A coordinator tells every partition of a transaction how it ended, but
// leaves out those that have no leader at that moment, taking them for deleted (Apache Kafka 4,
// TransactionMarkerChannelManager, KRaftMetadataCache::getPartitionLeaderEndpoint): so after a stop
// of the last replica a partition may wait for an end that never comes. Its read_committed readers
// stand still, and the next end of the same producer there, commit or abort, is taken for the lost
// one. The publisher finds and closes what hangs of its own source, so that every record is seen
// once.
namespace qnzs::kafka {

// What hangs of one source.
struct Hanging {
  std::vector<TopicOffset> partitions;   // with its records, each from the first that waits
  std::vector<std::uint64_t> sequences;  // of these records
  std::optional<Position> position;      // the last one that waits on the positions topic
  std::int64_t since_ms = std::numeric_limits<std::int64_t>::max();  // the earliest of all of them
  std::string blocked_by;  // another source, whose open transaction hides the own position

  bool is_empty() const { return partitions.empty() && !position; }
};

// Looks for it on the topics that a publisher writes. To be asked only while the source's producer
// has no open transaction: after Producer::init, or between two transactions. Blocking; each
// question and each time without progress may take as long as `patience` says. Faults: busy,
// internal.
schema::Result<Hanging> find_hanging(const config::KafkaSettings& settings, RecordSource& source,
                                     const Patience& patience);

// True when the source still holds all that hangs, so that it may be aborted and published again.
bool can_publish_again(const Hanging& hanging, RecordSource& source);

// Where publishing goes on after `hanging` was closed, with the patch that has to be looked through
// (`visible_in`). `committed`: the last position that readers see; `slack_ms`: how long before the
// earliest waiting record the others of its transaction may stand. Pure but for the source's words.
Position position_after(const Hanging& hanging, const std::optional<Position>& committed,
                        RecordSource& source, std::int64_t slack_ms);

// The sequences behind `position`, up to its patch's end, that readers see. Transactions of others
// that are open are waited for. Faults: busy, internal.
schema::Result<std::set<std::uint64_t>> visible_in(const config::KafkaSettings& settings,
                                                   const Position& position, RecordSource& source,
                                                   const Patience& patience);

}  // namespace qnzs::kafka
