#include "tests/support/kafka_broker.hpp"

#include "tests/support/process.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace qnzs::tests {

KafkaBroker::KafkaBroker(const std::vector<std::string>& options) : options_(options) {
  start_at("0");
  std::ifstream(folder_.file("kafka/address")) >> address_;
  std::ifstream(folder_.file("kafka/sasl-address")) >> sasl_address_;
  std::ifstream(folder_.file("kafka/tls-address")) >> tls_address_;
  keep_ports();
}

// A restart listens where the first start did, also for the second broker.
void KafkaBroker::keep_ports() {
  const auto keep = [&](const std::string& option, const std::string& address) {
    const auto at = std::ranges::find(options_, option);
    if (at != options_.end()) *(at + 1) = address.substr(address.find(':') + 1);
  };
  keep("--sasl-port", sasl_address_);
  keep("--tls-port", tls_address_);
  std::ifstream properties(folder_.file("kafka/server.properties"));
  for (std::string line; std::getline(properties, line);) {
    if (!line.starts_with("controller.quorum.voters=")) continue;
    options_.insert(options_.end(), {"--controller-port", line.substr(line.rfind(':') + 1)});
  }
}

void KafkaBroker::replace_by_empty() {
  stop();
  std::filesystem::remove_all(folder_.file("kafka"));
  start();
}

KafkaBroker::~KafkaBroker() {
  try {
    stop();
  } catch (const std::exception&) {
    // The folder goes away with us; there is nobody to tell.
  }
}

void KafkaBroker::start() {
  start_at(address_.substr(address_.find(':') + 1));
}

void KafkaBroker::start_at(const std::string& port) const {
  std::vector<std::string> arguments{"start", "--data", folder_.file("kafka"), "--port", port};
  arguments.insert(arguments.end(), options_.begin(), options_.end());
  run(std::move(arguments));
}

void KafkaBroker::stop() {
  run({"stop", "--data", folder_.file("kafka")});
}

void KafkaBroker::run(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), QNZS_SOURCE_DIR "/tools/kafka/broker");
  Process script(arguments, folder_.file("output"));
  if (script.wait(std::chrono::minutes(3)) == 0) return;
  std::ostringstream said;
  said << std::ifstream(folder_.file("output")).rdbuf();
  throw std::runtime_error("the broker: " + said.str());
}

}  // namespace qnzs::tests
