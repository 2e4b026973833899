#pragma once

#include "config/gateway.hpp"
#include "gateway/kafka/consumer.hpp"
#include "gateway/kafka/patience.hpp"
#include "gateway/kafka/record.hpp"
#include "schema/error.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

// Transactions that hang. A coordinator tells every partition of a transaction how it ended, but
// leaves out those that have no leader at that moment, taking them for deleted (Apache Kafka 4,
// TransactionMarkerChannelManager, KRaftMetadataCache::getPartitionLeaderEndpoint): so after a stop
// of the last replica a partition may wait for an end that never comes. Its read_committed readers
// stand still, and the next end of the same producer there, commit or abort, is taken for the lost
// one. The publisher finds and closes what hangs of its own source, and looks through what another
// abort may have closed unseen (also the coordinator's own, when it fences or times out), so that
// every record is seen once.
namespace qnzs::kafka {

// What hangs of one source.
struct Hanging {
  std::vector<TopicOffset> partitions;   // with its records, each from the first that waits
  std::vector<std::uint64_t> sequences;  // of these records
  std::optional<Position> position;      // the last one that waits on the positions topic
  std::string blocked_by;  // another source, whose open transaction hides the own position
  std::vector<std::int64_t> messages, dead_letters;  // where the topics end, by partition number

  bool is_empty() const { return partitions.empty() && !position; }
};

// Looks for it on the topics that a publisher writes. To be asked only while the source's producer
// has no open transaction: after Producer::init, or between two transactions. Blocking; each
// question and each time without progress may take as long as `patience` says. Faults: busy,
// forbidden, internal.
schema::Result<Hanging> find_hanging(const config::KafkaSettings& settings, RecordSource& source,
                                     const Patience& patience);

// True when the source still holds all that hangs, so that it may be aborted and published again.
bool can_publish_again(const Hanging& hanging, RecordSource& source);

// Where publishing goes on after `hanging` was closed, with the patch that has to be looked
// through. `committed`: the last position that readers see. Pure but for the source's words.
Position position_after(const Hanging& hanging, const std::optional<Position>& committed,
                        RecordSource& source);

// The source's sequences behind `settled` that stand behind the begin of an open transaction, which
// need not be theirs: whether readers will see them nobody can tell before it ends. Faults: as
// find_hanging.
schema::Result<std::set<std::uint64_t>> hidden_behind(const config::KafkaSettings& settings,
                                                      const Settled& settled, RecordSource& source,
                                                      const Patience& patience);

// The source's sequences behind `settled` that readers see, each partition up to its first open
// transaction; or fewer, once every number up to `enough_until` is among them (0: all). Faults:
// as find_hanging.
schema::Result<std::set<std::uint64_t>> visible_behind(const config::KafkaSettings& settings,
                                                       const Settled& settled,
                                                       std::uint64_t enough_until,
                                                       RecordSource& source,
                                                       const Patience& patience);

// The first record behind `after` and up to `until` that the source can publish again, knows the id
// of, and readers do not see. Faults: those of the source.
schema::Result<std::optional<std::uint64_t>> first_unseen(const std::set<std::uint64_t>& visible,
                                                          RecordSource& source, std::uint64_t after,
                                                          std::uint64_t until);

}  // namespace qnzs::kafka
