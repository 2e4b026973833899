#pragma once

#include "config/gateway.hpp"

#include <memory>
#include <string>

namespace qnzs::tests {

// Another producer's transaction that stands open in every partition of a topic, as a gateway's
// that hangs: read_committed readers see nothing behind its begin. Throws std::runtime_error with
// the client's words.
class OpenTransaction {
 public:
  OpenTransaction(const config::KafkaSettings& kafka, const std::string& topic);
  ~OpenTransaction();  // leaves it to the coordinator, which aborts it after two minutes
  OpenTransaction(const OpenTransaction&) = delete;
  OpenTransaction& operator=(const OpenTransaction&) = delete;

  void abort();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace qnzs::tests
