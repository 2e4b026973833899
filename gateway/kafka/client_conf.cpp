#include "gateway/kafka/client_conf.hpp"

#include "gateway/runtime/log.hpp"

#include <librdkafka/rdkafka.h>

#include <array>
#include <stdexcept>
#include <utility>

namespace qnzs::kafka {
namespace {

void log_line(const rd_kafka_t* client, int level, const char* facility, const char* text) {
  runtime::log(level <= 4 ? schema::Severity::warning : schema::Severity::info, "kafka_client",
               {{"client", rd_kafka_name(client)}, {"facility", facility}, {"text", text}});
}

// Comes from the thread that polls the client.
void note_trouble(rd_kafka_t*, int code, const char* reason, void* opaque) {
  static_cast<Troubles*>(opaque)->note(code, reason);
}

void set_security(rd_kafka_conf_t* conf, const config::KafkaSettings& settings) {
  set(conf, "security.protocol", settings.security_protocol);
  if (settings.security_protocol.starts_with("sasl")) {
    set(conf, "sasl.mechanism", settings.sasl_mechanism);
    set(conf, "sasl.username", settings.sasl_username);
    set(conf, "sasl.password", settings.sasl_password.reveal());
  }
  if (settings.security_protocol.ends_with("ssl")) {
    if (!settings.tls_ca_file.empty()) set(conf, "ssl.ca.location", settings.tls_ca_file);
    if (!settings.tls_certificate_file.empty()) {
      set(conf, "ssl.certificate.location", settings.tls_certificate_file);
      set(conf, "ssl.key.location", settings.tls_key_file);
    }
    set(conf, "ssl.endpoint.identification.algorithm", "https");
  }
}

}  // namespace

void Troubles::note(int code, std::string_view reason) {
  const std::lock_guard lock(mutex_);
  // "All brokers down" follows every cause and would hide it.
  if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && code_ != 0) return;
  code_ = code;
  reason_ = reason;
}

void Troubles::clear() {
  const std::lock_guard lock(mutex_);
  code_ = 0;
  reason_.clear();
}

KafkaError Troubles::explain(KafkaError error) const {
  const std::lock_guard lock(mutex_);
  if (error.cause != Cause::broker_away || code_ == 0) return error;
  error.cause = classify({.code = code_}, {}).cause;
  error.reason += ": " + reason_;
  return error;
}

void set(rd_kafka_conf_t* conf, const char* key, const std::string& value) {
  std::array<char, 512> text{};
  if (rd_kafka_conf_set(conf, key, value.c_str(), text.data(), text.size()) != RD_KAFKA_CONF_OK) {
    throw std::invalid_argument(text.data());
  }
}

ConfHandle client_conf(const config::KafkaSettings& settings, Troubles& troubles) {
  ConfHandle conf(rd_kafka_conf_new());
  set(conf.get(), "bootstrap.servers", settings.bootstrap_servers);
  set(conf.get(), "client.id", settings.client_id);
  set(conf.get(), "reconnect.backoff.ms", "100");
  set(conf.get(), "reconnect.backoff.max.ms", "1000");
  set(conf.get(), "socket.nagle.disable", "true");
  set(conf.get(), "socket.connection.setup.timeout.ms", "5000");
  set(conf.get(), "log.connection.close", "false");
  set(conf.get(), "topic.metadata.propagation.max.ms", "5000");
  set_security(conf.get(), settings);
  rd_kafka_conf_set_log_cb(conf.get(), log_line);
  rd_kafka_conf_set_error_cb(conf.get(), note_trouble);
  rd_kafka_conf_set_opaque(conf.get(), &troubles);
  return conf;
}

ClientHandle make_client(ClientKind kind, ConfHandle conf) {
  std::array<char, 512> text{};
  ClientHandle client(
      rd_kafka_new(kind == ClientKind::producer ? RD_KAFKA_PRODUCER : RD_KAFKA_CONSUMER, conf.get(),
                   text.data(), text.size()));
  if (!client) throw std::runtime_error(text.data());
  (void)conf.release();  // the client has it now
  return client;
}

std::string topic_name(const config::KafkaSettings& settings, schema::Topic topic) {
  for (const auto& entry : schema::topics) {
    if (entry.topic == topic) return settings.topic_prefix + std::string(entry.name);
  }
  throw std::logic_error("a topic without a name");
}

}  // namespace qnzs::kafka
