#include "config/gateway_fields.hpp"
#include "config/network.hpp"

#include <array>

namespace qnzs::config {
namespace {

template <class S>
Field<S> number(std::string_view key, std::int64_t S::* member, std::string_view description,
                std::int64_t min, std::int64_t max) {
  return {.key = key, .member = member, .description = description, .min = min, .max = max};
}

template <class S>
Field<S> text(std::string_view key, std::string S::* member, std::string_view description,
              std::span<const std::string_view> choices = {}) {
  return {
      .key = key, .member = member, .description = description, .max = 4096, .choices = choices};
}

Field<KafkaSettings> path(std::string_view key, std::string KafkaSettings::* member,
                          std::string_view description) {
  auto field = text(key, member, description);
  field.is_path = true;
  field.is_file = true;
  return field;
}

constexpr std::array<std::string_view, 4> protocols{"plaintext", "ssl", "sasl_plaintext",
                                                    "sasl_ssl"};
constexpr std::array<std::string_view, 4> mechanisms{"", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"};
constexpr std::array<std::string_view, 5> codecs{"none", "gzip", "snappy", "lz4", "zstd"};
constexpr std::array<std::string_view, 3> policies{"republish", "resume", "wait"};

using K = KafkaSettings;
const std::array kafka_fields{
    Field<K>{.key = "bootstrap_servers",
             .member = &K::bootstrap_servers,
             .description = "Kafka 的地址,多个以逗号分隔。",
             .max = 4096,
             .pattern_hint = "应为 主机:端口,如 kafka-1:9092,kafka-2:9092",
             .accepts = is_broker_list},
    text("client_id", &K::client_id, "在 Kafka 日志与配额中显示的名字。"),
    text("topic_prefix", &K::topic_prefix, "加在每个主题名之前,供共用的集群与测试。"),
    number("partitions", &K::partitions, "新建主题的分区数。建好之后增加会改变会话的归属。", 1,
           10'000),
    number("replication_factor", &K::replication_factor, "新建主题的副本数;单机只能为 1。", 1, 32),
    number("min_insync_replicas", &K::min_insync_replicas, "写入须有多少副本确认。", 1, 32),
    number("messages_keep_days", &K::messages_keep_days,
           "消息主题保留多久;须不短于 journal.body_keep_hours。", 1, 36'500),
    number("dead_letters_keep_days", &K::dead_letters_keep_days,
           "死信主题保留多久;须不短于 journal.body_keep_hours。", 1, 36'500),
    Field<K>{.key = "create_topics",
             .member = &K::create_topics,
             .description = "启动时建立缺少的主题;false 则只核对。"},
    text("compression", &K::compression, "压缩算法。", codecs),
    text("security_protocol", &K::security_protocol, "连接方式;登录用 sasl_*,加密用 *ssl。",
         protocols),
    text("sasl_mechanism", &K::sasl_mechanism, "登录方式。", mechanisms),
    text("sasl_username", &K::sasl_username, "登录名。"),
    Field<K>{.key = "sasl_password",
             .member = &K::sasl_password,
             .description = "登录密码。",
             .max = 1024},
    path("tls_ca_file", &K::tls_ca_file, "签发 Kafka 证书的 CA 文件 (PEM);空则用系统的。"),
    path("tls_certificate_file", &K::tls_certificate_file, "本机证书文件 (PEM),双向认证时用。"),
    path("tls_key_file", &K::tls_key_file, "本机私钥文件 (PEM),双向认证时用。")};

std::vector<SectionProblem> check_kafka(const K& kafka) {
  std::vector<SectionProblem> found;
  if (kafka.min_insync_replicas > kafka.replication_factor)
    found.push_back({"min_insync_replicas",
                     "不能大于 replication_factor,否则永远写不进去",
                     {"replication_factor"}});
  const bool is_sasl = kafka.security_protocol.starts_with("sasl");
  if (is_sasl && kafka.sasl_mechanism.empty())
    found.push_back({"sasl_mechanism",
                     "security_protocol 为 " + kafka.security_protocol + " 时必填",
                     {"security_protocol"}});
  if (is_sasl && (kafka.sasl_username.empty() || kafka.sasl_password.empty()))
    found.push_back({"sasl_username",
                     "须同时填写 sasl_username 与 sasl_password",
                     {"sasl_password", "security_protocol"}});
  if (!is_sasl && !kafka.sasl_mechanism.empty())
    found.push_back({"sasl_mechanism",
                     "只在 security_protocol 为 sasl_plaintext 或 sasl_ssl 时填写",
                     {"security_protocol"}});
  if (kafka.tls_certificate_file.empty() != kafka.tls_key_file.empty())
    found.push_back({"tls_key_file",
                     "tls_certificate_file 与 tls_key_file 须同时填写",
                     {"tls_certificate_file"}});
  return found;
}

using P = PublisherSettings;
const std::array publisher_fields{
    number("batch_entries_max", &P::batch_entries_max, "一个事务至多多少条;积压越多,批越大。", 1,
           50'000),
    number("batch_kib_max", &P::batch_kib_max, "一个事务至多多少 KiB。", 64, 64 * 1024),
    number("transaction_ms_max", &P::transaction_ms_max, "一个事务的时限,超过由 Kafka 终止。", 1000,
           900'000),
    number("gather_ms_max", &P::gather_ms_max,
           "消息不断时,一个事务开始后至少这么久才开始下一个,好让一批多带几条;"
           "空闲之后的第一条与凑满的一批不等。0 从不等。",
           0, 10'000),
    number("idle_ms_max", &P::idle_ms_max, "没有新消息时,至少这么久看一次。", 1, 10'000),
    number("retry_ms_min", &P::retry_ms_min, "出错后首次重试之前等多久。", 10, 60'000),
    number("retry_ms_max", &P::retry_ms_max, "重试间隔逐次加倍,至多这么久。", 10, 600'000),
    number("stop_ms_max", &P::stop_ms_max, "停止时,至多用这么久发布余下的。", 0, 600'000),
    number("hanging_look_seconds", &P::hanging_look_seconds,
           "隔这么久看一次有没有 Kafka 漏写结束标记的事务。", 1, 3600),
    text("on_position_behind", &P::on_position_behind,
         "Kafka 上的位置与日志账不符时:落后或缺失(如换了空的 Kafka),republish 从 Kafka "
         "的位置重新发布,会有重复而不会丢失,resume 从日志账记录的位置继续;不属于这份日志账"
         "(日志账被更换、恢复过备份,或 journal_id 用了两次),二者都从日志账记录的位置发布;"
         "wait 停下等人处理。主题被删除过时:republish 只补发主题上没有的,resume 不补,wait 停下。",
         policies)};

std::vector<SectionProblem> check_publisher(const P& publisher) {
  if (publisher.retry_ms_min <= publisher.retry_ms_max) return {};
  return {{"retry_ms_min", "不能大于 retry_ms_max", {"retry_ms_max"}}};
}

}  // namespace

const Section<KafkaSettings>& kafka_section() {
  static const Section<KafkaSettings> section{.name = "kafka",
                                              .description = "消息发布到的地方。",
                                              .fields = kafka_fields,
                                              .check = check_kafka};
  return section;
}

const Section<PublisherSettings>& publisher_section() {
  static const Section<PublisherSettings> section{.name = "publisher",
                                                  .description = "如何发布。默认值一般不必改。",
                                                  .fields = publisher_fields,
                                                  .check = check_publisher};
  return section;
}

}  // namespace qnzs::config
