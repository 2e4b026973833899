#pragma once

#include "tests/support/temporary_folder.hpp"

#include <string>
#include <vector>

namespace qnzs::tests {

// A real Apache Kafka of a test's own, on loopback, by tools/kafka/broker. Started by the
// constructor, stopped by the destructor.
class KafkaBroker {
 public:
  // Options of the script besides where: "--sasl-port", "0" gives one listener more (user qnzs,
  // password qnzs-development; PLAIN and SCRAM), "--tls-port", "0" one with TLS, "--join" and
  // another's `folder()` makes it the second broker of that Kafka. Throws
  // std::runtime_error with the script's words.
  explicit KafkaBroker(const std::vector<std::string>& options = {});
  ~KafkaBroker();
  KafkaBroker(const KafkaBroker&) = delete;
  KafkaBroker& operator=(const KafkaBroker&) = delete;

  const std::string& address() const { return address_; }  // host:port
  const std::string& sasl_address() const { return sasl_address_; }
  const std::string& tls_address() const { return tls_address_; }
  // Of the authority that signed the certificate of the TLS listener.
  std::string authority_file() const { return folder_.file("kafka/tls/ca.pem"); }
  std::string folder() const { return folder_.file("kafka"); }  // what it keeps
  void start();
  // Another Kafka at the same address, that knows nothing.
  void replace_by_empty();
  void stop();

 private:
  void keep_ports();
  void start_at(const std::string& port) const;
  void run(std::vector<std::string> arguments) const;

  TemporaryFolder folder_;
  std::vector<std::string> options_;
  std::string address_, sasl_address_, tls_address_;
};

}  // namespace qnzs::tests
