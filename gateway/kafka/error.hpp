#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace qnzs::kafka {

// What to do about an error of Kafka, weakest first.
enum class Remedy : std::uint8_t {
  retry,    // the same call again, later
  refuse,   // abort; `refused` will never be taken
  abort,    // abort the transaction, then publish the same records again
  rebuild,  // a new producer, which settles the old one's transaction and reads the position again
};

// Why, as far as an operator can do something about it.
enum class Cause : std::uint8_t {
  broker_away,
  topic_missing,
  not_authenticated,
  not_authorised,
  fenced,
  record_refused,
  topic_refused,  // a topic cannot be made as configured
  other,
};

struct KafkaError {
  Remedy remedy = Remedy::rebuild;
  Cause cause = Cause::other;
  std::string reason;                // English, as the client library says it; for the log
  std::vector<std::size_t> refused;  // with Remedy::refuse: places in the batch
};

// What the client library says about one failure.
struct Symptom {
  int code = 0;  // rd_kafka_resp_err_t
  bool is_fatal = false;
  bool requires_abort = false;
  bool is_retriable = false;
};

// Sorts a failure. Pure.
KafkaError classify(const Symptom& symptom, std::string reason);

// True when a delivery report with this code means that the broker will never take that record.
// When a batch is too large it fails as a whole, so innocent records beside it carry the same code.
bool is_refusal(int code);

// True when only a person can remove the cause.
bool needs_operator(Cause cause);

// One Chinese sentence for the operator: what is wrong, what to do, and the library's reason.
std::string operator_text(const KafkaError& error);

}  // namespace qnzs::kafka
