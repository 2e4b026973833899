#include "gateway/alarm/delivery.hpp"
#include "tools/cli/command.hpp"
#include "tools/cli/printable.hpp"

#include <CLI/CLI.hpp>

#include <chrono>

namespace qnzs::cli {
namespace {

struct Options {
  std::string config;
};

void test(const Options& options, Context& context) {
  const auto settings = load(options.config, context);
  if (!settings) return;
  const alarm::Delivery delivery(settings->alarm, settings->installation.journal_id);
  if (delivery.ways().empty()) {
    context.err << "没有可试的:[alarm] 里 command 与 webhook_url 都没有填\n";
    context.code = exit_config;
    return;
  }
  const auto now = std::chrono::floor<schema::Milliseconds>(std::chrono::system_clock::now());
  const alarm::Alarm alarm{.kind = alarm::Kind::test,
                           .phase = alarm::Phase::raised,
                           .subject = {},
                           .summary = "这是一次试报,由 qnzs alarm test 发出,无需处理",
                           .numbers = {},
                           .since = now,
                           .at = now};
  context.out << alarm::document(alarm, settings->installation.journal_id) << "\n";
  for (const auto& [way, outcome, said] : delivery.deliver(alarm, {})) {
    context.out << alarm::word(way) << ":"
                << (outcome ? "已送到" : "没有送到(" + outcome.error().reason + ")")
                << (said.empty() ? "" : ",对方说:" + printable(said)) << "\n";
    if (!outcome) context.code = exit_failed;
  }
}

}  // namespace

void add_alarm(CLI::App& root, Context& context) {
  auto* command = root.add_subcommand("alarm", "报警:试一试能不能叫到人。");
  command->require_subcommand(1);
  command->footer("例子:\n  qnzs alarm test --config C");
  auto* child = command->add_subcommand(
      "test", "按配置的 [alarm] 发一次试报,与真的报警走同样的路;网关不必在运行。");
  auto options = std::make_shared<Options>();
  child->add_option("--config", options->config, "网关的配置文件")->required();
  child->footer(
      "例子:\n"
      "  qnzs alarm test --config C\n"
      "退出码:0 每一路都送到,1 有的没有送到,78 没有配置报警。内容与签名见 "
      "gateway/alarm/README.md。");
  child->callback([options, &context] { test(*options, context); });
}

}  // namespace qnzs::cli
