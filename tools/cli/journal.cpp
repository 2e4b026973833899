#include "tools/cli/journal.hpp"

#include "gateway/runtime/log.hpp"
#include "schema/ids.hpp"
#include "schema/time.hpp"
#include "tools/cli/journal_open.hpp"
#include "tools/cli/journal_salvage.hpp"
#include "tools/cli/journal_verify.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <iomanip>

namespace qnzs::cli {
namespace {

constexpr std::size_t rows_a_time = 1000;

struct Options {
  std::string config;
  std::uint64_t after = 0;
  std::size_t count = 20;
};

std::unique_ptr<ingest::JournalReader> open(const config::GatewaySettings& settings,
                                            Context& context) {
  return open_to_read(settings.journal.path, settings.seal_keys, context);
}

void counts(const Options& options, Context& context) {
  const auto settings = load(options.config, context);
  const auto reader = settings ? open(*settings, context) : nullptr;
  if (!reader) return;
  const auto summary = reader->summary();
  if (!summary) return tell_unreadable(summary.error(), context);
  const auto& sums = summary->sums;
  context.out << "日志账 " << summary->journal_id << "  " << summary->bytes / 1024 << " KiB\n"
              << "回调 " << sums.callbacks << " = 新存 " << sums.stored << " + 重复 "
              << sums.repeated << " + 死信 " << sums.dead_lettered << " + 拒绝 " << sums.refused
              << "\n"
              << "条目 " << sums.entries << " = 已发布 " << sums.published << " + 待发布 "
              << sums.queued << "\n"
              << "位置 " << summary->position << " / " << summary->last_sequence << "\n";
  if (summary->oldest_queued_at)
    context.out << "最早的待发布条目:" << schema::to_rfc3339({*summary->oldest_queued_at}) << "\n";
}

void write(const ingest::ListedEntry& entry, Context& context);

// What has waited longest for Kafka: on duty the first question of an outage.
void oldest(const Options& options, Context& context) {
  const auto settings = load(options.config, context);
  const auto reader = settings ? open(*settings, context) : nullptr;
  if (!reader) return;
  const auto summary = reader->summary();
  if (!summary) return tell_unreadable(summary.error(), context);
  for (auto after = summary->position;;) {
    const auto entries = reader->list(after, rows_a_time);
    if (!entries) return tell_unreadable(entries.error(), context);
    const auto waiting = std::ranges::find(*entries, false, &ingest::ListedEntry::is_published);
    if (waiting != entries->end()) {
      const auto age = std::chrono::duration_cast<std::chrono::seconds>(
          std::chrono::system_clock::now() - waiting->accepted_at);
      context.out << "已等 " << age.count() << " 秒,共 " << summary->sums.queued << " 条在等:\n";
      return write(*waiting, context);
    }
    if (entries->empty()) break;
    after = entries->back().sequence;
  }
  context.out << "没有待发布的条目。\n";
}

const char* word(ingest::EntryKind kind) {
  return kind == ingest::EntryKind::message       ? "消息"
         : kind == ingest::EntryKind::dead_letter ? "死信"
                                                  : "其他";
}

void write(const ingest::ListedEntry& entry, Context& context) {
  context.out << std::setw(12) << entry.sequence << "  " << schema::to_rfc3339({entry.accepted_at})
              << "  " << schema::MessageId(entry.id).hex() << "  " << word(entry.kind) << "  "
              << (entry.is_aside       ? "被 Kafka 拒绝,另存为死信"
                  : entry.is_published ? "已发布"
                                       : "待发布")
              << (entry.has_body ? "" : "  内容已过期") << "\n";
}

void list(const Options& options, Context& context) {
  const auto settings = load(options.config, context);
  const auto reader = settings ? open(*settings, context) : nullptr;
  if (!reader) return;
  const auto entries = reader->list(options.after, options.count);
  if (!entries) return tell_unreadable(entries.error(), context);
  for (const auto& entry : *entries) write(entry, context);
}

void verify(const Options& options, Context& context) {
  const auto settings = load(options.config, context);
  const auto reader = settings ? open(*settings, context) : nullptr;
  if (!reader) return;
  runtime::set_log_level("error");  // of the client: what matters is told below
  const auto findings = verify_journal(*settings, *reader, context.err);
  if (!findings) {
    const auto& [side, error] = findings.error();
    if (side == NotVerified::Side::journal) return tell_unreadable(error, context);
    return tell_kafka_away("没有核对完", error, context);
  }
  for (const auto& finding : *findings) context.out << finding << "\n";
  context.out << (findings->empty() ? "核对完毕:日志账完好,已发布的都在 Kafka 上。\n"
                                    : "核对完毕:有以上问题。\n");
  if (!findings->empty()) context.code = exit_failed;
}

// The library takes "-1" for the largest number.
std::string check_sequence(const std::string& text) {
  const bool is_number =
      text.size() <= 18 && text.find_first_not_of("0123456789") == std::string::npos;
  return is_number ? "" : ",应为 0 或更大的整数";
}

void salvage(const Options& options, Context& context) {
  if (const auto settings = load(options.config, context)) salvage_journal(*settings, context);
}

}  // namespace

void add_journal(CLI::App& root, Context& context) {
  auto* command =
      root.add_subcommand("journal", "网关的日志账:查看、核对、备份,发布停掉的机器留下的。");
  command->require_subcommand(1);
  command->footer(
      "例子:\n"
      "  qnzs journal counts --config C\n"
      "  qnzs journal oldest --config C\n"
      "  qnzs journal verify --config C");
  auto options = std::make_shared<Options>();
  const auto add = [&](const char* name, const char* description, const char* footer, auto action) {
    auto* child = command->add_subcommand(name, description);
    child->add_option("--config", options->config, "网关的配置文件")->required();
    child->footer(footer);
    child->callback([options, &context, action] { action(*options, context); });
    return child;
  };
  add("counts", "数目:回调、条目、位置、最早的待发布条目。",
      "例子:\n  qnzs journal counts --config C\n退出码:0 好,1 打不开或读不出,78 配置有误。",
      counts);
  add("oldest", "等得最久的待发布条目,与它等了多久。",
      "例子:\n  qnzs journal oldest --config C\n退出码:0 好,1 打不开或读不出,78 配置有误。",
      oldest);
  auto* listing = add("list", "按顺序列出条目,不含内容。",
                      "例子:\n  qnzs journal list --config C --after 1000 --count 50\n"
                      "退出码:0 好,1 打不开或读不出,64 用法有误,78 配置有误。",
                      list);
  listing->add_option("--after", options->after, "从这个序号之后")->check(check_sequence);
  listing->add_option("--count", options->count, "至多多少条")->check(CLI::Range(1, 100'000));
  add("salvage", "日志账损坏时:把读得出的都搬进新文件,损坏的移到一旁。先停下网关。",
      "例子:\n  qnzs journal salvage --config C\n退出码:0 新日志账已就位,1 没有救出,原文件未动。",
      salvage);
  add("verify", "核对日志账本身,并与 Kafka 上的主题逐条比对。",
      "例子:\n  qnzs journal verify --config C\n退出码:0 一致,1 有问题或日志账读不出,69 Kafka "
      "连不上,没有核对完。",
      verify);
  add_journal_backup(*command, context);
  add_journal_drain(*command, context);
}

}  // namespace qnzs::cli
