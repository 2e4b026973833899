#include "tools/cli/journal_salvage.hpp"

#include "gateway/ingest/journal_salvage.hpp"
#include "tools/cli/journal_open.hpp"

namespace qnzs::cli {
namespace {

void print_lost(const ingest::Salvaged& salvaged, Context& context) {
  if (salvaged.lost.empty()) {
    context.out << "没有待发布的条目丢失。\n";
    return;
  }
  std::uint64_t count = 0;
  for (const auto& [first, last] : salvaged.lost) count += last - first + 1;
  context.out << "丢失 " << count << " 条待发布的条目,序号:";
  for (const auto& [first, last] : salvaged.lost)
    context.out << " " << first << (last == first ? "" : "-" + std::to_string(last));
  context.out << "\n";
}

}  // namespace

void salvage_journal(const config::GatewaySettings& settings, Context& context) {
  if (const auto why = no_journal_at(settings.journal.path); !why.empty()) {
    context.err << "没有可救的:" << why << "\n";
    context.code = exit_failed;
    return;
  }
  const auto salvaged = ingest::salvage_journal(settings.journal.path, settings.seal_keys,
                                                settings.installation.journal_id);
  if (!salvaged) {
    context.err << "没有救出,原文件未动:" << explain_journal(salvaged.error()) << "\n";
    context.code = exit_failed;
    return;
  }
  context.out << "新的日志账已就位:" << settings.journal.path << "\n条目 " << salvaged->entries
              << ",待发布 " << salvaged->queued << ",游标等状态 " << salvaged->states << "\n";
  if (salvaged->frames_damaged > 0) context.out << "预写日志中有损坏的页,其余的页都已并入。\n";
  if (salvaged->unreadable > 0)
    context.out << "内容损坏 " << salvaged->unreadable
                << " 条:网关启动后逐条另存为死信,并在运行日志中写明编号。\n";
  print_lost(*salvaged, context);
  context.out << "损坏的文件在 " << salvaged->damaged_file << ",请保留;检查磁盘后启动网关。\n";
}

}  // namespace qnzs::cli
