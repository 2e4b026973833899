#include "gateway/routes.hpp"
#include "tools/cli/command.hpp"

#include <CLI/CLI.hpp>

namespace qnzs::cli {
namespace {

struct Options {
  std::string config;
};

void check(const Options& options, Context& context) {
  const auto settings = load(options.config, context);
  if (!settings) return;
  context.out << options.config << ":没有问题。\n";
  for (const auto& [channel, account] : settings->accounts)
    context.out << "  /" << channel << "/" << account->account << "  站点 " << account->site
                << "\n";
}

}  // namespace

void add_check(CLI::App& root, Context& context) {
  auto* command = root.add_subcommand("check", "检查配置文件而不启动:一次列出所有问题。");
  auto options = std::make_shared<Options>();
  command->add_option("CONFIG", options->config, "配置文件")->required();
  command->footer("例子:\n  qnzs check config/gateway.example.toml\n退出码:0 没有问题,78 有问题。");
  command->callback([options, &context] { check(*options, context); });
}

void add_config(CLI::App& root, Context& context) {
  auto* command = root.add_subcommand("config", "打印配置参考或生效的配置。");
  command->require_subcommand(1);
  command->footer(
      "例子:\n"
      "  qnzs config reference > config/REFERENCE.md\n"
      "  qnzs config print config/gateway.example.toml");
  auto* reference =
      command->add_subcommand("reference", "config/REFERENCE.md 的内容,由字段表生成。");
  reference->footer("例子:\n  qnzs config reference > config/REFERENCE.md\n退出码:0 好,1 写不出。");
  reference->callback([&context] { context.out << config::gateway_reference(channel_sections()); });
  auto* print = command->add_subcommand("print", "打印生效的配置,含默认值;密钥显示为星号。");
  print->footer(
      "例子:\n  qnzs config print config/gateway.example.toml\n退出码:0 好,1 写不出,78 配置有误。");
  auto options = std::make_shared<Options>();
  print->add_option("CONFIG", options->config, "配置文件")->required();
  print->callback([options, &context] {
    if (const auto settings = load(options->config, context)) context.out << settings->printed;
  });
}

}  // namespace qnzs::cli
