#pragma once

#include "tests/support/temporary_folder.hpp"

#include <string>
#include <vector>

namespace qnzs::tests {

// A real Apache Kafka of a test's own, on loopback, by tools/kafka/broker. Started by the
// constructor, stopped by the destructor.
class KafkaBroker {
 public:
  // Throws std::runtime_error with the script's words.
  KafkaBroker();
  ~KafkaBroker();
  KafkaBroker(const KafkaBroker&) = delete;
  KafkaBroker& operator=(const KafkaBroker&) = delete;

  const std::string& address() const { return address_; }  // host:port, the same after a restart
  void start();
  void stop();

 private:
  void run(std::vector<std::string> arguments) const;

  TemporaryFolder folder_;
  std::string address_;
};

}  // namespace qnzs::tests
