#include "gateway/ingest/journal_backup.hpp"

#include "tools/cli/journal.hpp"
#include "tools/cli/journal_open.hpp"

#include <CLI/CLI.hpp>

#include <chrono>

namespace qnzs::cli {
namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::string path, to;
};

void back_up(const Options& options, Context& context) {
  if (const auto why = no_journal_at(options.path); !why.empty()) {
    context.err << "没有备份成:" << why << "\n";
    context.code = exit_failed;
    return;
  }
  auto told_at = Clock::now();
  const auto copied =
      ingest::back_up_journal(options.path, options.to, [&](std::int64_t done, std::int64_t all) {
        if (done == all) context.err << "已复制 " << all << " 页,正在核对 …\n";
        if (done == all || Clock::now() - told_at < std::chrono::seconds(1)) return;
        told_at = Clock::now();
        context.err << "已复制 " << done << " / " << all << " 页\n";
      });
  if (!copied) {
    context.err << "没有备份成:" << explain_journal(copied.error()) << "\n";
    context.code = exit_failed;
    return;
  }
  const auto& sums = copied->sums;
  context.out << "已备份到 " << options.to << ":日志账 " << copied->journal_id << ",序号至 "
              << copied->last_sequence << ",条目 " << sums.entries << "(待发布 " << sums.queued
              << "),核对无误\n";
}

}  // namespace

void add_journal_backup(CLI::App& journal, Context& context) {
  auto* command = journal.add_subcommand(
      "backup", "把日志账复制成一个新文件并核对;网关可以正在写它。文件仅本人可读。");
  auto options = std::make_shared<Options>();
  command->add_option("PATH", options->path, "日志账文件")->required();
  command->add_option("--to", options->to, "备份成这个文件,须尚不存在")->required();
  command->footer(
      "例子:\n"
      "  qnzs journal backup /var/lib/qnzs/gateway.db --to /backup/gateway-$(date +%F).db\n"
      "内容仍是封存的,恢复时还要有原来的封存密钥。以备份代替丢失的日志账时,备份之后的消息可能已在 "
      "Kafka 上,\n"
      "下游会再见到其中一些编号(schema/README.md)。退出码:0 已备份并核对,1 没有成。");
  command->callback([options, &context] { back_up(*options, context); });
}

}  // namespace qnzs::cli
