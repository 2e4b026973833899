#include "config/network.hpp"
#include "gateway/kafka/client_conf.hpp"
#include "gateway/kafka/consumer.hpp"
#include "gateway/kafka/topic_reader.hpp"
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
  bool to_end = false;
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

// A topic as it is asked for: without end, or until where it ended when it was opened.
class Reading {
 public:
  static schema::Result<Reading> open(const config::KafkaSettings& kafka, const std::string& topic,
                                      const Options& options, std::chrono::seconds time_max) {
    if (options.to_end) {
      auto reader = kafka::TopicReader::open(kafka, topic, time_max);
      if (!reader) return std::unexpected(std::move(reader.error()));
      return Reading({}, *std::move(reader));
    }
    kafka::ConsumerOptions how;
    how.from_beginning = options.from_beginning;
    kafka::Consumer consumer(kafka, how);
    if (auto started = consumer.start({topic}, time_max); !started)
      return std::unexpected(std::move(started.error()));
    return Reading(std::move(consumer), {});
  }

  schema::Result<std::vector<kafka::ConsumedRecord>> next(std::size_t records_max) {
    constexpr milliseconds time_max(200);
    if (to_end_) return to_end_->next(records_max, time_max);
    auto batch = endless_->next(records_max, time_max);
    if (!batch) return std::unexpected(std::move(batch.error()));
    return std::move(batch->records);
  }
  bool is_over() const { return to_end_ && to_end_->is_over(); }

 private:
  Reading(std::optional<kafka::Consumer> endless, std::optional<kafka::TopicReader> to_end)
      : endless_(std::move(endless)), to_end_(std::move(to_end)) {}

  std::optional<kafka::Consumer> endless_;
  std::optional<kafka::TopicReader> to_end_;
};

void tail(const Options& options, Context& context) {
  config::KafkaSettings kafka;
  if (!settings_of(options, kafka, context)) return;
  const auto topic =
      options.topic.empty() ? kafka::topic_name(kafka, schema::Topic::messages) : options.topic;
  runtime::set_log_level("error");  // of the client: what matters is told below
  const std::chrono::seconds time(options.timeout_seconds);
  const auto until = std::chrono::steady_clock::now() + time;
  const auto start_max = time.count() > 0 ? std::min(time, start_time_max) : start_time_max;
  auto reading = Reading::open(kafka, topic, options, start_max);
  if (!reading) return tell_unreadable_topic(topic, reading.error(), context);
  std::size_t seen = 0;
  while (!reading->is_over() && (options.count == 0 || seen < options.count)) {
    if (options.timeout_seconds > 0 && std::chrono::steady_clock::now() > until) break;
    const auto records = reading->next(options.count == 0 ? 1000UZ : options.count - seen);
    if (!records) {
      context.err << "Kafka 暂不可用,恢复后接着读(" << records.error().reason << ")\n";
      continue;
    }
    for (const auto& record : *records)
      options.is_json ? write_json(record, context) : write_plain(record, context);
    seen += records->size();
  }
  const bool is_cut_short = options.count == 0 && options.to_end && !reading->is_over();
  if (is_cut_short) context.err << "到时还没有读到末尾:请给更长的 --timeout\n";
  if (seen < options.count || is_cut_short) context.code = exit_failed;
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
  auto* from_beginning =
      command->add_flag("--from-beginning", options->from_beginning, "从头读;否则只读新来的");
  command
      ->add_flag("--to-end", options->to_end,
                 "读到此刻的末尾就结束,不等新来的;开着的事务等它有结果")
      ->needs(from_beginning);
  command->add_option("--count", options->count, "读到这么多条就结束")
      ->check(CLI::Range(1, 1'000'000'000));
  command->add_option("--timeout", options->timeout_seconds, "至多多少秒")
      ->check(CLI::Range(1, 1'000'000));
  command->add_flag("--json", options->is_json, "每条一行 JSON,含键与头");
  command->footer(
      "例子:\n"
      "  qnzs tail --config config/gateway.example.toml\n"
      "  qnzs tail --bootstrap 127.0.0.1:9092 --from-beginning --count 10 --json\n"
      "  qnzs tail --config C --topic qnzs.dead-letters.v1 --from-beginning --to-end\n"
      "退出码:0 读到了 --count 条;没给它时读到了 --to-end 的末尾,都没给时到时。1 没读到这些,"
      "或读不了。64 用法有误,69 Kafka 连不上,78 配置有误。");
  command->callback([options, &context] { tail(*options, context); });
}

}  // namespace qnzs::cli
