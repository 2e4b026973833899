#pragma once

#include "tests/support/temporary_folder.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace qnzs::tests {

// A real Apache Kafka of a test's own, on loopback, by tools/kafka/broker. Started by the
// constructor, stopped by the destructor.
class KafkaBroker {
 public:
  enum class Login : std::uint8_t { none, sasl };
  // With `sasl` there is one listener more (user qnzs, password qnzs-development; PLAIN and SCRAM).
  // Throws std::runtime_error with the script's words.
  explicit KafkaBroker(Login login = Login::none);
  ~KafkaBroker();
  KafkaBroker(const KafkaBroker&) = delete;
  KafkaBroker& operator=(const KafkaBroker&) = delete;

  const std::string& address() const { return address_; }  // host:port, the same after a restart
  const std::string& sasl_address() const { return sasl_address_; }
  void start();
  // Another Kafka at the same address, that knows nothing.
  void replace_by_empty();
  void stop();

 private:
  void run(std::vector<std::string> arguments) const;

  TemporaryFolder folder_;
  std::string address_, sasl_address_;
};

}  // namespace qnzs::tests
