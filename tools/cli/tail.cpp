#include "config/network.hpp"
#include "gateway/kafka/client_conf.hpp"
#include "gateway/kafka/consumer.hpp"
#include "gateway/runtime/log.hpp"
#include "schema/codec.hpp"
#include "schema/json.hpp"
#include "schema/time.hpp"
#include "tools/cli/command.hpp"
#include "tools/cli/printable.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>

namespace qnzs::cli {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::seconds start_time_max{10};  // to learn the topic's partitions

struct Options {
  std::string config, bootstrap, topic;
  bool from_beginning = false;
  bool is_json = false;
  std::size_t count = 0;    // 0 = without end
  int timeout_seconds = 0;  // 0 = without end
};

void write_json(const kafka::ConsumedRecord& record, Context& context) {
  schema::json::Object headers;
  for (const auto& [name, value] : record.headers) headers.emplace_back(name, value);
  const auto value = schema::json::parse(record.value.value_or("null"));
  context.out << printable_json(schema::json::write(schema::json::Object{
                     {"topic", record.topic},
                     {"partition", static_cast<std::int64_t>(record.partition)},
                     {"offset", record.offset},
                     {"key", record.key.value_or("")},
                     {"headers", std::move(headers)},
                     {"value", value ? *value : schema::json::Value(record.value.value_or(""))}}))
              << std::endl;
}

void write_plain(const kafka::ConsumedRecord& record, Context& context) {
  const auto message = schema::decode(record.value.value_or(""));
  if (message) {
    const auto text =
        !message->text.empty() ? message->text
        : message->parts.empty()
            ? std::string()
            : std::visit([](const auto& part) { return part.text; }, message->parts.front());
    context.out << schema::to_rfc3339(message->received_at) << "  " << printable(message->site.name)
                << "  " << printable(message->channel.str()) << "/"
                << printable(message->account.str()) << "  "
                << message->conversation.key.hex().substr(0, 8) << "  " << printable(text)
                << (kafka::header_of(record, "ce_replayed").empty() ? "" : "  (重发)")
                << "\n    编号 " << message->id.hex() << std::endl;
  } else if (const auto letter = schema::decode_dead_letter(record.value.value_or(""))) {
    context.out << schema::to_rfc3339(letter->received_at) << "  死信  "
                << printable(letter->channel.str()) << "/" << printable(letter->account.str())
                << "  " << printable(letter->reason) << "  " << letter->payload_bytes
                << " 字节\n    编号 " << letter->id.hex() << std::endl;
  } else {
    write_json(record, context);
  }
}

bool settings_of(const Options& options, config::KafkaSettings& kafka, Context& context) {
  if (!options.config.empty()) {
    auto settings = load(options.config, context);
    if (!settings) return false;
    kafka = std::move(settings->kafka);
  }
  if (!options.bootstrap.empty()) kafka.bootstrap_servers = options.bootstrap;
  return true;
}

void tell_unreadable_topic(const std::string& topic, const schema::Error& error, Context& context) {
  const auto what = "读不到主题 " + topic;
  const bool is_missing = error.reason.contains("Unknown topic");
  if (error.fault == schema::Fault::busy && !is_missing)
    return tell_kafka_away(what, error, context);
  context.err << what
              << (is_missing ? ":Kafka 上没有它,请检查名字;网关启动时会建好自己的主题("
                             : ":请检查 kafka.sasl_*、kafka.tls_* 各项与读的权限(")
              << error.reason << ")\n";
  context.code = exit_failed;
}

void tail(const Options& options, Context& context) {
  config::KafkaSettings kafka;
  if (!settings_of(options, kafka, context)) return;
  const auto topic =
      options.topic.empty() ? kafka::topic_name(kafka, schema::Topic::messages) : options.topic;
  kafka::ConsumerOptions how;
  how.from_beginning = options.from_beginning;
  runtime::set_log_level("error");  // of the client: what matters is told below
  const std::chrono::seconds time(options.timeout_seconds);
  const auto until = std::chrono::steady_clock::now() + time;
  kafka::Consumer consumer(kafka, how);
  const auto start_max = time.count() > 0 ? std::min(time, start_time_max) : start_time_max;
  if (const auto started = consumer.start({topic}, start_max); !started)
    return tell_unreadable_topic(topic, started.error(), context);
  std::size_t seen = 0;
  while (options.count == 0 || seen < options.count) {
    if (options.timeout_seconds > 0 && std::chrono::steady_clock::now() > until) break;
    const auto room = options.count == 0 ? 1000UZ : options.count - seen;
    const auto batch = consumer.next(room, milliseconds(200));
    if (!batch) {
      context.err << "Kafka 暂不可用,恢复后接着读(" << batch.error().reason << ")\n";
      continue;
    }
    for (const auto& record : batch->records)
      options.is_json ? write_json(record, context) : write_plain(record, context);
    seen += batch->records.size();
  }
  if (seen < options.count) context.code = exit_failed;
}

}  // namespace

void add_tail(CLI::App& root, Context& context) {
  auto* command = root.add_subcommand("tail", "读一个主题并显示,只读已提交的 (read_committed)。");
  auto options = std::make_shared<Options>();
  command->add_option("--config", options->config, "网关的配置文件:从中取 Kafka 的地址与登录");
  command
      ->add_option("--bootstrap", options->bootstrap, "Kafka 的地址 主机:端口,可给多个,以逗号分隔")
      ->check([](const std::string& text) {
        return std::string(config::is_broker_list(text) ? "" : ",应为 主机:端口,如 127.0.0.1:9092");
      });
  command->add_option("--topic", options->topic, "主题;默认 qnzs.messages.v1");
  command->add_flag("--from-beginning", options->from_beginning, "从头读;否则只读新来的");
  command->add_option("--count", options->count, "读到这么多条就结束")
      ->check(CLI::Range(1, 1'000'000'000));
  command->add_option("--timeout", options->timeout_seconds, "至多多少秒")
      ->check(CLI::Range(1, 1'000'000));
  command->add_flag("--json", options->is_json, "每条一行 JSON,含键与头");
  command->footer(
      "例子:\n"
      "  qnzs tail --config config/gateway.example.toml\n"
      "  qnzs tail --bootstrap 127.0.0.1:9092 --from-beginning --count 10 --json\n"
      "  qnzs tail --config C --topic qnzs.dead-letters.v1 --from-beginning --timeout 5\n"
      "退出码:0 读到了 --count 条或到时,1 到时还不足 --count 条,或读不了,64 用法有误,69 Kafka "
      "连不上,78 配置有误。");
  command->callback([options, &context] { tail(*options, context); });
}

}  // namespace qnzs::cli
