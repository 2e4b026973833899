#pragma once

#include "config/gateway.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace qnzs::tests {

// What a load test has said and been told: message `number` of conversation `conversation`.
struct Said {
  std::uint32_t conversation = 0;
  std::uint32_t number = 0;
  auto operator<=>(const Said&) const = default;
};

// The text that carries it through the system, and back.
std::string text_of(const Said& said);
// Throws std::runtime_error for a text that is not ours.
Said said_in(const std::string& text);

// What was answered against what Kafka shows.
struct Verdict {
  std::size_t answered = 0;    // messages answered "success"
  std::size_t seen = 0;        // different ce_ids
  std::size_t missing = 0;     // answered and not seen: the worst defect
  std::size_t twice = 0;       // records beyond the first of a ce_id
  std::size_t disordered = 0;  // behind a later one of its conversation
  std::size_t unanswered = 0;  // seen though the sender never got its answer: allowed
};

// The judge of every fault test: a read_committed consumer that runs all the time, by `ce_id`,
// against the ledger of what was answered.
class Oracle {
 public:
  // Reads the messages topic of `kafka` from its beginning until the oracle dies; it is there
  // before the load, so topics must exist. `kafka` must outlive it.
  explicit Oracle(const config::KafkaSettings& kafka);
  ~Oracle();

  // Forgets what was seen and reads from the beginning again, as after a topic was made anew or
  // cut: the old reader would take its end for a reason to begin again by itself.
  void read_again();

  // Safe from any thread: the platform was told "success".
  void answered(const Said& said);
  std::size_t answered_count() const;

  // Waits until all that was answered is seen, but for so many, and nothing new came for a second,
  // at most `time_max`, then judges.
  Verdict judge(std::chrono::milliseconds time_max, std::size_t missing_max = 0);

 private:
  void read(std::stop_token stopping);
  Verdict count() const;  // under mutex_

  const config::KafkaSettings& kafka_;
  std::atomic<bool> is_replaced_{false};  // the reader's client has to do with a Kafka that is gone
  mutable std::mutex mutex_;
  std::set<Said> answered_;                            // guarded by mutex_, as what follows
  std::vector<std::pair<std::string, Said>> records_;  // ce_id and content, as they came
  std::jthread reader_;
};

}  // namespace qnzs::tests
