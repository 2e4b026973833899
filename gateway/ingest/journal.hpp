#pragma once

#include "gateway/kafka/record.hpp"
#include "schema/error.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

// Port: the durable log before Kafka (ARCHITECTURE.md §2). The truth about what was answered.
namespace qnzs::ingest {

enum class EntryKind : std::uint8_t {
  message = 1,
  dead_letter = 2,
  cursor = 3,
  part = 4,
  outcome = 5
};

using EntryId = std::array<std::uint8_t, 16>;

// One row to be. Messages, dead letters and outcomes carry a record for Kafka; cursors and parts
// are state of the gateway's own: `name` says whose, `value` replaces what was there.
struct Entry {
  EntryKind kind = EntryKind::message;
  EntryId id{};          // unique among records: dedupe. Unused by cursors and parts.
  std::string name;      // cursors and parts only: "weibo/henan/wall"
  std::string value;     // cursors and parts only
  kafka::Record record;  // messages, dead letters, outcomes only
  std::chrono::milliseconds keep_id{
      std::chrono::hours{24}};  // how long a repeat is recognised at least
};

struct Receipt {
  std::uint64_t sequence = 0;  // of the first one when this is a repeat; 0 for cursors and parts
  bool is_repeat = false;
};

// What became of one callback; exactly one of them for each.
enum class CallbackOutcome : std::uint8_t { stored, repeated, dead_lettered, refused };

// Both sums of promise 4, as the journal's own transactions keep them.
struct Sums {
  std::uint64_t callbacks = 0, stored = 0, repeated = 0, dead_lettered = 0, refused = 0;
  std::uint64_t entries = 0, published = 0, queued = 0;
  bool operator==(const Sums&) const = default;
};

enum class JournalCondition : std::uint8_t {
  accepting,
  nearly_full,
  disk_full,
  troubled,  // the last write has failed for another reason; tried again at every tick
  failed,    // for good: damaged, or a failed fsync
  stopped
};

// A snapshot for metrics, readiness and refusals; cheap, from any thread.
struct JournalStatus {
  JournalCondition condition = JournalCondition::accepting;
  std::string explanation;  // Chinese, for operators; empty while accepting
  Sums sums;
  // Of the oldest entry that is not published; 0 = none. By a steady clock since it was stored, or
  // since the start.
  std::chrono::duration<double> oldest_queued_age{};
  double drained_per_second = 0;  // recent rate of publishing, for Retry-After
  std::uint64_t bytes = 0;        // of the file and its log
  double used_percent = 0;        // of journal.size_mib_max, without what was freed in the file
  std::uint64_t disk_free_bytes = 0;
  std::uint64_t damaged = 0;  // entries set aside since the start, for they cannot be read
};

using Appended = std::move_only_function<void(schema::Result<std::vector<Receipt>>)>;

class Journal {
 public:
  virtual ~Journal() = default;

  // Stores all entries or none, and calls `done` once, after fsync has returned, from the journal's
  // own thread (it must not block there), or at once from this one when refused. Receipts are in
  // the order of `entries`. Requests that arrive while one commit is under way share the next.
  // Counts one callback: `stored` when any message is new, else `dead_lettered` when any dead
  // letter is, else `repeated`; `refused` on failure. Faults: busy (queue or size limit), storage,
  // too_large. Safe from any thread.
  virtual void append(std::vector<Entry> entries, Appended done) = 0;

  // Counts a callback that ended in a refusal before any append. Kept in the next transaction.
  virtual void count_refused() = 0;

  // The last stored value of a cursor or part. Blocking; throws std::runtime_error, in Chinese,
  // when it cannot be read. Safe from any thread.
  virtual std::optional<std::string> state(const std::string& name) = 0;

  virtual JournalStatus status() const = 0;
  virtual kafka::RecordSource& records() = 0;

  // Refuses new appends, commits what is queued, closes. Blocking.
  virtual void stop() = 0;
};

}  // namespace qnzs::ingest
