#include "gateway/kafka/client_conf.hpp"
#include "gateway/kafka/publisher.hpp"
#include "gateway/kafka/whole_topic.hpp"
#include "gateway/routes.hpp"
#include "gateway/runtime/log.hpp"
#include "schema/codec.hpp"
#include "tools/cli/command.hpp"
#include "tools/cli/replay_source.hpp"
#include "tools/cli/replay_tally.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

namespace qnzs::cli {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// A record's timestamp is when it was published: later than `received_at`, but for clocks that were
// set back.
constexpr std::chrono::hours clock_error_max{1};
constexpr std::chrono::seconds silence_max{30};  // of Kafka, while reading

struct Options {
  std::string config, from, to;
  ReplayFilter filter;
  std::int64_t records_per_second = 0;
  int timeout_seconds = 0;
  bool is_dry_run = false;
};

using Each = std::function<void(const kafka::ConsumedRecord&)>;

std::optional<std::int64_t> start_ms(std::optional<schema::Instant> from) {
  if (!from) return std::nullopt;
  return std::max<std::int64_t>(0, (*from - clock_error_max).time_since_epoch().count());
}

// One replay: what is known, then what is published.
class Replay {
 public:
  Replay(const config::GatewaySettings& settings, const Options& options, bool is_of_messages,
         Context& context)
      : settings_(settings),
        options_(options),
        is_of_messages_(is_of_messages),
        context_(context),
        identity_(settings.installation.identity_key.reveal()),
        routes_(routes_for(settings, identity_)),
        polls_(poll_routes_for(settings, identity_)),
        replayed_at_(schema::to_rfc3339(
            {.at = std::chrono::floor<schema::Milliseconds>(std::chrono::system_clock::now())})) {}

  schema::Result<void> run() {
    if (auto learnt = is_of_messages_ ? learn_erased() : learn_present(); !learnt) return learnt;
    if (options_.is_dry_run) {
      if (auto read =
              read_all(topic(), options_.filter.from,
                       [this](const auto& record) { tally_.add(record, judge_next(record)); });
          !read)
        return read;
      tally_.tell(context_.out);
      return {};
    }
    return publish();
  }

 private:
  std::string topic() const {
    return kafka::topic_name(
        settings_.kafka, is_of_messages_ ? schema::Topic::messages : schema::Topic::dead_letters);
  }

  Judged judge(const kafka::ConsumedRecord& record) const {
    if (is_of_messages_) return judge_message(record, options_.filter, known_, replayed_at_);
    const Readers readers{routes_, polls_, identity_,
                          static_cast<std::size_t>(settings_.journal.payload_bytes_max)};
    return judge_dead_letter(record, options_.filter, known_, replayed_at_, readers);
  }

  // In the order of the topic: two letters with one message in them are one message.
  Judged judge_next(const kafka::ConsumedRecord& record) {
    auto judged = judge(record);
    if (!is_of_messages_)
      for (const auto& again : judged.records) known_.present.insert(again.event.id);
    return judged;
  }

  schema::Result<void> read_all(const std::string& topic, std::optional<schema::Instant> from,
                                const Each& each) {
    std::size_t seen = 0;
    const auto take = [&, told_at = Clock::now()](
                          const kafka::ConsumedRecord& record) mutable -> schema::Result<void> {
      each(record);
      ++seen;
      if (Clock::now() - told_at < std::chrono::seconds(1)) return {};
      told_at = Clock::now();
      context_.err << topic << ":已看 " << seen << " 条\n";
      return {};
    };
    return kafka::read_whole_topic(settings_.kafka, topic, silence_max, take, start_ms(from));
  }

  void note_erasure(const kafka::ConsumedRecord& record) {
    if (kafka::header_of(record, "ce_type") != "qnzs.message.erase.v1") return;
    const auto message = schema::decode(record.value.value_or(""));
    if (message && message->target) known_.erased.insert(message->target->hex());
  }

  // To the topic's end: what was forgotten later must not come back.
  schema::Result<void> learn_erased() {
    return read_all(topic(), options_.filter.from,
                    [this](const auto& record) { note_erasure(record); });
  }

  // Of the messages that the dead letters are now: which stand on the messages topic already?
  schema::Result<void> learn_present() {
    std::set<std::string> asked;
    std::optional<schema::Instant> earliest;
    const auto note = [&](const kafka::ConsumedRecord& record) {
      for (const auto& again : judge(record).records) {
        asked.insert(again.event.id);
        const auto at = schema::parse_rfc3339(again.event.time);
        if (at && (!earliest || at->at < *earliest)) earliest = at->at;
      }
    };
    if (auto read = read_all(topic(), options_.filter.from, note); !read) return read;
    if (asked.empty()) return {};
    return read_all(kafka::topic_name(settings_.kafka, schema::Topic::messages), earliest,
                    [&](const auto& record) {
                      note_erasure(record);
                      auto id = kafka::header_of(record, "ce_id");
                      if (asked.contains(id)) known_.present.insert(std::move(id));
                    });
  }

  schema::Result<void> publish() {
    auto reader = kafka::TopicReader::open(settings_.kafka, topic(), silence_max,
                                           start_ms(options_.filter.from));
    if (!reader) return std::unexpected(reader.error());
    ReplaySource source(
        *std::move(reader),
        [this](const auto& record) {
          auto judged = judge_next(record);
          tally_.add(record, judged);
          return judged;
        },
        options_.records_per_second);
    runtime::Metrics metrics;
    kafka::Publisher publisher(settings_.kafka, settings_.publisher, source, metrics);
    const auto published =
        metrics.counter("qnzs_publisher_records_total", "Records committed to Kafka.");
    publisher.start();
    const auto until = Clock::now() + std::chrono::seconds(options_.timeout_seconds);
    for (auto told_at = Clock::now(); !source.is_finished();) {
      std::this_thread::sleep_for(milliseconds(50));
      if (options_.timeout_seconds > 0 && Clock::now() > until) break;
      if (Clock::now() - told_at < std::chrono::seconds(1)) continue;
      told_at = Clock::now();
      context_.err << "已发布 " << static_cast<std::uint64_t>(published.value()) << " 条 "
                   << publisher.status().explanation << "\n";
    }
    publisher.stop(milliseconds(settings_.publisher.stop_ms_max));
    tally_.tell(context_.out);
    context_.out << "已发布 " << static_cast<std::uint64_t>(published.value()) << " 条,Kafka 拒绝 "
                 << source.refused() << " 条\n";
    if (!source.is_finished()) return schema::fail(schema::Fault::late, "not finished in time");
    if (source.refused() > 0) return schema::fail(schema::Fault::too_large, "refused by Kafka");
    return {};
  }

  const config::GatewaySettings& settings_;
  const Options& options_;
  const bool is_of_messages_;
  Context& context_;
  const schema::Identity identity_;
  const std::vector<ingest::Route> routes_;
  const std::vector<ingest::PollRoute> polls_;
  const std::string replayed_at_;
  KnownIds known_;
  ReplayTally tally_;  // while publishing the publisher's thread's
};

bool read_time(const std::string& text, const char* name, std::optional<schema::Instant>& into,
               Context& context) {
  if (text.empty()) return true;
  const auto time = schema::parse_rfc3339(text);
  if (time) {
    into = time->at;
    return true;
  }
  context.err << name << " 不是 RFC 3339 时刻,应如 2026-11-25T08:00:00+08:00\n";
  context.code = exit_usage;
  return false;
}

void replay(Options options, bool is_of_messages, Context& context) {
  if (!read_time(options.from, "--from", options.filter.from, context) ||
      !read_time(options.to, "--to", options.filter.before, context))
    return;
  const auto settings = load(options.config, context);
  if (!settings) return;
  runtime::set_log_level("error");
  const auto done = Replay(*settings, options, is_of_messages, context).run();
  if (done) return;
  const auto& error = done.error();
  if (error.fault == schema::Fault::busy) return tell_kafka_away("没有完成", error, context);
  const bool is_late = error.fault == schema::Fault::late;
  context.err << "没有完成:"
              << (is_late                                   ? "到时没有发布完,可以再运行一次"
                  : error.fault == schema::Fault::too_large ? "有记录被 Kafka 拒绝,数目见上"
                                                            : "出错(" + error.reason + ")")
              << "\n";
  context.code = is_late ? exit_unavailable : exit_failed;
}

CLI::App* add(CLI::App& command, const char* name, const char* description, const char* footer,
              Context& context, bool is_of_messages) {
  auto* child = command.add_subcommand(name, description);
  auto options = std::make_shared<Options>();
  child->add_option("--config", options->config, "网关的配置文件")->required();
  child->add_option("--channel", options->filter.channel, "只要这个渠道");
  child->add_option("--account", options->filter.account, "只要这个账号");
  if (!is_of_messages)
    child->add_option("--reason", options->filter.reason, "只要这个原因的死信,如 unopenable");
  auto* from = child->add_option("--from", options->from, "从何时收到的起 (RFC 3339)");
  auto* to = child->add_option("--to", options->to, "到何时收到的为止,不含 (RFC 3339)");
  if (is_of_messages) {
    from->required();
    to->required();
  }
  child->add_flag("--dry-run", options->is_dry_run, "只数一数并举出几个编号,不发布");
  child->add_option("--rate", options->records_per_second, "每秒至多多少条;0 为不限")
      ->check(CLI::NonNegativeNumber);
  child->add_option("--timeout", options->timeout_seconds, "发布至多多少秒;0 为直到发布完")
      ->check(CLI::NonNegativeNumber);
  child->footer(footer);
  child->callback(
      [options, is_of_messages, &context] { replay(*options, is_of_messages, context); });
  return child;
}

}  // namespace

void add_replay(CLI::App& root, Context& context) {
  auto* command = root.add_subcommand(
      "replay", "重新发布:修好之后的死信,或一段时间的消息。编号不变,带头 ce_replayed。");
  command->require_subcommand(1);
  command->footer(
      "例子:\n"
      "  qnzs replay dead-letters --config C --dry-run\n"
      "  qnzs replay messages --config C --from 2026-11-24T00:00:00+08:00 --to "
      "2026-11-25T00:00:00+08:00 --dry-run\n"
      "先带 --dry-run 看一看会发布什么,再不带它运行。");
  add(*command, "dead-letters",
      "把死信再交给渠道的解析,现在能懂的发布为消息;已在消息主题上的、要求删除的不再发布。",
      "例子:\n"
      "  qnzs replay dead-letters --config C --dry-run\n"
      "  qnzs replay dead-letters --config C --reason unopenable --account henan\n"
      "死信本已验过签名,这里不再验;其余与网关收到时一样,收到的时刻也是原来的。可以重复运行。\n"
      "退出码:0 完成,1 有被 Kafka 拒绝的,64 用法有误,69 Kafka 连不上或到时没有发布完,78 配置有误。",
      context, false);
  add(*command, "messages",
      "把一段时间内收到的消息照原样再发布一遍,供下游重做;要求删除的不再发布。",
      "例子:\n"
      "  qnzs replay messages --config C --from 2026-11-24T00:00:00+08:00 --to "
      "2026-11-25T00:00:00+08:00 --dry-run\n"
      "  qnzs replay messages --config C --from F --to T --channel wechat --rate 200\n"
      "取自消息主题,其中有各网关的全部消息;每运行一次就再发布一遍。下游凭编号与 ce_replayed "
      "认得出;死信变成的消息也在其中。\n"
      "退出码:0 完成,1 有被 Kafka 拒绝的,64 用法有误,69 Kafka 连不上或到时没有发布完,78 配置有误。",
      context, true);
}

}  // namespace qnzs::cli
