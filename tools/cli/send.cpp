#include "tools/cli/command.hpp"

#include <CLI/CLI.hpp>

namespace qnzs::cli {

void add_send(CLI::App& root, Context& context) {
  auto* command = root.add_subcommand("send", "模拟平台向网关推送,只用于测试与演示。");
  command->require_subcommand(1);
  command->footer(
      "例子:\n"
      "  qnzs send wechat --config C --account henan --type text --text 你好\n"
      "  qnzs send hotline --config C --account henan --text 你好");
  add_send_wechat(*command, context);
  add_send_hotline(*command, context);
}

}  // namespace qnzs::cli
