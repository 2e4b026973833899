#pragma once

#include "gateway/ingest/poll_host.hpp"
#include "gateway/ingest/webhook_host.hpp"
#include "gateway/kafka/consumer.hpp"
#include "gateway/kafka/record.hpp"
#include "schema/identity.hpp"
#include "schema/time.hpp"

#include <optional>
#include <set>
#include <string>
#include <vector>

// Which records are published again, and as what. Pure but for the routes' adapters, which are pure
// themselves.
namespace qnzs::cli {

// What a person has asked for. Empty = any.
struct ReplayFilter {
  std::string channel{}, account{}, reason{};       // `reason`: of dead letters
  std::optional<schema::Instant> from{}, before{};  // of `received_at`
};

// What becomes of one record of the topic.
enum class Fate : std::uint8_t {
  replayed,        // published again
  passed_over,     // not asked for
  replay,          // is itself a replay of a message that stands there: would multiply
  erased,          // a later message says that it must be forgotten
  present,         // its message stands on the messages topic already
  not_understood,  // still no message
  truncated,       // the dead letter holds only a part of the bytes
  no_account,      // the configuration does not have the account
  unreadable,      // no record of ours
};
inline constexpr std::size_t fate_count = 9;

struct Judged {
  Fate fate = Fate::passed_over;
  std::string why;                     // of not_understood: a fault or a reason, English
  std::vector<kafka::Record> records;  // only with `replayed`
};

// Ids that the messages topic speaks of.
struct KnownIds {
  std::set<std::string> erased;   // targets of `erase`
  std::set<std::string> present;  // of those that were asked about
};

// A message of the messages topic.
Judged judge_message(const kafka::ConsumedRecord& record, const ReplayFilter& filter,
                     const KnownIds& known, const std::string& replayed_at);

// A dead letter, by the adapters of the present configuration.
struct Readers {
  const std::vector<ingest::Route>& routes;
  const std::vector<ingest::PollRoute>& polls;
  const schema::Identity& identity;
  std::size_t payload_bytes_max = 0;
};
Judged judge_dead_letter(const kafka::ConsumedRecord& record, const ReplayFilter& filter,
                         const KnownIds& known, const std::string& replayed_at,
                         const Readers& readers);

}  // namespace qnzs::cli
