#pragma once

#include "config/gateway.hpp"
#include "gateway/kafka/error.hpp"
#include "gateway/kafka/handles.hpp"
#include "schema/topics.hpp"

#include <cstdint>
#include <expected>
#include <mutex>
#include <string>
#include <string_view>

namespace qnzs::kafka {

// The last trouble a client has told of from its own threads: why a call of ours timed out. Must
// outlive the client. Safe from any thread.
class Troubles {
 public:
  void note(int code, std::string_view reason);
  void clear();
  // `error` as it is, or, when it only says "timed out", with what stands behind it.
  KafkaError explain(KafkaError error) const;

 private:
  mutable std::mutex mutex_;
  int code_ = 0;
  std::string reason_;
};

// Everything every client has: servers, name, SASL, TLS, time-outs, log, troubles (as the opaque).
// Throws std::invalid_argument when the library refuses a setting.
ConfHandle client_conf(const config::KafkaSettings& settings, Troubles& troubles);

// Sets one property. Throws std::invalid_argument with the library's reason.
void set(rd_kafka_conf_t* conf, const char* key, const std::string& value);

// Makes the client; `conf` is used up. Throws std::runtime_error with the library's reason (a file
// of TLS that cannot be read, for example).
enum class ClientKind : std::uint8_t { producer, consumer };
ClientHandle make_client(ClientKind kind, ConfHandle conf);

// The topic's name with the configured prefix.
std::string topic_name(const config::KafkaSettings& settings, schema::Topic topic);

}  // namespace qnzs::kafka
