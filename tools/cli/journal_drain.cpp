#include "gateway/ingest/journal_options.hpp"
#include "gateway/kafka/publisher.hpp"
#include "gateway/runtime/log.hpp"
#include "tools/cli/journal.hpp"
#include "tools/cli/journal_open.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <thread>

namespace qnzs::cli {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

struct Options {
  std::string path, config;
  std::string on_position_behind = "wait";
  int timeout_seconds = 0;  // 0 = without end
};

void fail(Context& context, const std::string& what) {
  context.err << what << "\n";
  context.code = exit_failed;
}

// A new journal under the same id shares its position on Kafka: the two would be taken for one.
bool is_id_in_use(const config::GatewaySettings& settings, const std::string& path,
                  const std::string& journal_id) {
  std::error_code ignored;
  const auto& own = settings.journal.path;
  return settings.installation.journal_id == journal_id && std::filesystem::exists(own, ignored) &&
         !std::filesystem::equivalent(own, path, ignored);
}

// Publishes until nothing waits. Tells what it sees once a second.
class Drain {
 public:
  Drain(const config::GatewaySettings& settings, ingest::Journal& journal, Context& context)
      : journal_(journal),
        publisher_(settings.kafka, settings.publisher, journal.records(), metrics_),
        published_(metrics_.counter("qnzs_publisher_records_total", "")),
        stop_time_(settings.publisher.stop_ms_max),
        context_(context) {}

  // True when nothing waits any more, and what Kafka shows was looked through.
  bool run(std::chrono::seconds time_max) {
    const auto until = Clock::now() + time_max;
    publisher_.start();
    for (auto told_at = Clock::now(); !is_done() && !is_waiting();) {
      std::this_thread::sleep_for(milliseconds(50));
      if (Clock::now() - told_at < std::chrono::seconds(1)) continue;
      if (time_max.count() > 0 && Clock::now() > until) break;
      told_at = Clock::now();
      tell();
    }
    if (!is_done()) tell();
    is_stuck_ = is_waiting();
    publisher_.stop(stop_time_);
    return is_done();
  }
  std::uint64_t published() const { return static_cast<std::uint64_t>(published_.value()); }
  // After `run`: a person must look first.
  bool is_stuck() const { return is_stuck_; }
  std::uint64_t queued() const { return journal_.status().sums.queued; }

 private:
  bool is_waiting() const { return publisher_.status().state == kafka::PublisherState::waiting; }
  bool is_done() const { return queued() == 0 && publisher_.status().is_all_seen; }
  void tell() {
    context_.err << "已发布 " << published() << " 条,待发布 " << queued() << " 条";
    if (auto why = publisher_.status().explanation; !why.empty()) context_.err << ":" << why;
    context_.err << "\n";
  }

  ingest::Journal& journal_;
  runtime::Metrics metrics_;
  kafka::Publisher publisher_;
  runtime::Counter published_;
  milliseconds stop_time_;
  bool is_stuck_ = false;
  Context& context_;
};

void publish(config::GatewaySettings& settings, const ingest::JournalSummary& summary,
             const Options& options, Context& context) {
  const auto journal =
      ingest::open_journal(settings.journal, settings.seal_keys, summary.journal_id);
  const auto waited = journal->status().sums.queued;
  Drain drain(settings, *journal, context);
  const bool is_drained = drain.run(std::chrono::seconds(options.timeout_seconds));
  const auto left = drain.queued();
  journal->stop();
  if (is_drained && waited == 0 && drain.published() == 0) {
    context.out << "日志账 " << summary.journal_id << ":没有待发布的条目,Kafka 上也不缺什么\n";
    return;
  }
  context.out << "日志账 " << summary.journal_id << ":待发布 " << waited << " 条,本次发布 "
              << drain.published() << " 条,Kafka 上本已有 "
              << waited - std::min(waited, left + drain.published()) << " 条,还剩 " << left
              << " 条\n";
  if (is_drained) return;
  fail(context, std::string(left > 0 ? "没有发布完" : "没有看完 Kafka 上的") +
                    ";原因见上,可以再运行一次,不会重复发布");
  if (!drain.is_stuck()) context.code = exit_unavailable;
}

void drain(const Options& options, Context& context) {
  auto settings = load(options.config, context);
  if (!settings) return;
  const auto reader = open_to_read(options.path, {}, context);  // makes no new one
  if (!reader) return;
  const auto summary = reader->summary();
  if (!summary) return tell_unreadable(summary.error(), context);
  if (is_id_in_use(*settings, options.path, summary->journal_id))
    return fail(context, "配置里的日志账 " + settings->journal.path + " 也叫 " +
                             summary->journal_id +
                             ":两个日志账共用一个名字,Kafka 上的位置会混在一起。请先给网关换一个 "
                             "installation.journal_id 与新的日志账文件");
  settings->journal.path = options.path;
  settings->publisher.on_position_behind = options.on_position_behind;
  runtime::set_log_level("error");
  publish(*settings, *summary, options, context);
}

}  // namespace

void add_journal_drain(CLI::App& journal, Context& context) {
  auto* command = journal.add_subcommand(
      "drain", "把停掉的机器留在日志账里、尚未发布的条目发布到 Kafka;不会重复,按原来的次序。");
  auto options = std::make_shared<Options>();
  command->add_option("PATH", options->path, "那台机器的日志账文件 (连同 -wal 一起拷来)")
      ->required();
  command->add_option("--config", options->config, "网关的配置文件:从中取封存密钥与 Kafka")
      ->required();
  command->add_option("--timeout", options->timeout_seconds, "至多多少秒;0 为直到发布完")
      ->check(CLI::NonNegativeNumber);
  command
      ->add_option(
          "--on-position-behind", options->on_position_behind,
          "Kafka 上的位置与日志账不符时:wait 停下,republish 宁可重复,resume 从日志账的位置继续")
      ->check(CLI::IsMember({"wait", "republish", "resume"}));
  command->footer(
      "例子:\n"
      "  qnzs journal drain /mnt/dead/gateway.db --config config/gateway.example.toml\n"
      "日志账的名字取自文件本身;网关还在用它时会拒绝。发布之后文件记下位置,再运行一次不会重复,\n"
      "原来的网关也可以接着用它。\n"
      "退出码:0 全部在 Kafka 上,1 打不开或须先查明,69 连不上 Kafka 或到时没有发布完,78 配置有误。");
  command->callback([options, &context] { drain(*options, context); });
}

}  // namespace qnzs::cli
