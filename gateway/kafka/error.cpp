#include "gateway/kafka/error.hpp"

#include <librdkafka/rdkafka.h>

#include <string_view>
#include <utility>

namespace qnzs::kafka {
namespace {

Cause cause_of(int code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
      return Cause::topic_missing;
    case RD_KAFKA_RESP_ERR__AUTHENTICATION:
    case RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED:
    case RD_KAFKA_RESP_ERR_UNSUPPORTED_SASL_MECHANISM:
    case RD_KAFKA_RESP_ERR__SSL:
      return Cause::not_authenticated;
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED:
      return Cause::not_authorised;
    case RD_KAFKA_RESP_ERR__FENCED:
    case RD_KAFKA_RESP_ERR_PRODUCER_FENCED:
    case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH:
      return Cause::fenced;
    case RD_KAFKA_RESP_ERR__TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE:
    case RD_KAFKA_RESP_ERR__MSG_TIMED_OUT:
    case RD_KAFKA_RESP_ERR__TRANSPORT:
    case RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN:
    case RD_KAFKA_RESP_ERR__RESOLVE:
    case RD_KAFKA_RESP_ERR__WAIT_COORD:
    case RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT:
    case RD_KAFKA_RESP_ERR_COORDINATOR_NOT_AVAILABLE:
    case RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR_NOT_COORDINATOR:
    case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS:
    case RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND:
      return Cause::broker_away;
    default:
      return is_refusal(code) ? Cause::record_refused : Cause::other;
  }
}

Remedy remedy_of(const Symptom& symptom, Cause cause) {
  if (symptom.is_fatal || cause == Cause::fenced || cause == Cause::topic_missing) {
    return Remedy::rebuild;  // a producer that has lost a topic does not look for it again by
                             // itself
  }
  if (cause == Cause::record_refused) return Remedy::refuse;
  if (symptom.requires_abort) return Remedy::abort;
  return symptom.is_retriable ? Remedy::retry : Remedy::rebuild;
}

}  // namespace

KafkaError classify(const Symptom& symptom, std::string reason) {
  const Cause cause = cause_of(symptom.code);
  return {remedy_of(symptom, cause), cause, std::move(reason), {}};
}

bool is_refusal(int code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_MSG_SIZE:
    case RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE:
    case RD_KAFKA_RESP_ERR_INVALID_RECORD:
    case RD_KAFKA_RESP_ERR_POLICY_VIOLATION:
      return true;
    default:
      return false;
  }
}

bool needs_operator(Cause cause) {
  return cause == Cause::not_authenticated || cause == Cause::not_authorised ||
         cause == Cause::topic_missing || cause == Cause::topic_refused;
}

std::string operator_text(const KafkaError& error) {
  const auto sentence = [&]() -> std::string_view {
    switch (error.cause) {
      case Cause::broker_away:
        return "连不上 Kafka 或其暂不可用，请检查 kafka.bootstrap_servers 与 Kafka 是否在运行；"
               "恢复后自动继续";
      case Cause::topic_missing:
        return "Kafka 上缺少主题，请建立该主题，或设 kafka.create_topics = true；恢复后自动继续";
      case Cause::not_authenticated:
        if (error.reason.contains("SCRAM") && rd_kafka_version() < 0x020601ff) {
          return "Kafka 拒绝登录：请检查 kafka.sasl_username 与 kafka.sasl_password；若二者无误，"
                 "librdkafka 2.6.1 以前的 SCRAM 不被 Kafka 4 接受，请改用 PLAIN 加 TLS";
        }
        return "Kafka 拒绝登录，请检查 kafka.sasl_* 与 kafka.tls_* 各项";
      case Cause::not_authorised:
        return "Kafka 未授权，请给该用户主题的 READ、WRITE、DESCRIBE 权限与 "
               "transactional.id 的 WRITE 权限；恢复后自动继续";
      case Cause::fenced:
        return "另一个实例使用了同一个 installation.journal_id，或事务超时被 Kafka 终止";
      case Cause::record_refused:
        return "Kafka 永久拒绝了一条记录，已转为死信";
      case Cause::topic_refused:
        return "Kafka 不允许这样建立主题，请检查 kafka.replication_factor、kafka.partitions "
               "与 Kafka 的建立主题策略，或先由管理员建好主题；改正后自动继续";
      case Cause::other:
        break;
    }
    return "Kafka 出错，正在重试";
  }();
  return std::string(sentence) + "（" + error.reason + "）";
}

}  // namespace qnzs::kafka
