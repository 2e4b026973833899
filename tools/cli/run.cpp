#include "gateway/routes.hpp"
#include "tools/cli/command.hpp"
#include "tools/cli/usage.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <filesystem>

namespace qnzs::cli {
namespace {

int run_command(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err) {
  CLI::App root("青年之声消息网关的命令行。每个命令都有 --help 与例子。", "qnzs");
  root.set_version_flag("--version", "qnzs " QNZS_VERSION, "显示版本");
  root.require_subcommand(1);
  Context context{out, err};
  add_check(root, context);
  add_config(root, context);
  add_normalise(root, context);
  add_send(root, context);
  add_tail(root, context);
  add_journal(root, context);
  add_reload(root, context);
  add_replay(root, context);
  add_alarm(root, context);
  add_completion(root, context);
  root.footer(  // after the commands: a child takes over what its parent has
      "例子:\n"
      "  qnzs check config/gateway.example.toml\n"
      "  qnzs send wechat --config config/gateway.example.toml --account henan --text 你好\n"
      "  qnzs tail --config config/gateway.example.toml --from-beginning --count 5\n"
      "退出码:0 好,1 没有做成,64 命令行不对,69 Kafka 连不上,78 配置不对。");
  speak_chinese(root);
  auto reversed = arguments;  // as CLI11 wants it
  std::ranges::reverse(reversed);
  try {
    root.parse(std::move(reversed));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return root.exit(error, out, err);  // help or version
    err << explain_usage(root, arguments, error);
    return exit_usage;
  } catch (const std::exception& error) {
    err << "没有做成:" << error.what() << '\n';
    return exit_failed;
  }
  return context.code;
}

// Reading a pipe or a device may never end. What is not there or a folder has its own explanation.
bool may_never_end(const std::string& path) {
  std::error_code ignored;
  const auto status = std::filesystem::status(path, ignored);
  return exists(status) && !is_regular_file(status) && !is_directory(status);
}

}  // namespace

int run(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err) {
  const int code = run_command(arguments, out, err);
  if (out.flush()) return code;
  err << "输出没有写全(磁盘满了?):请不要使用它\n";
  return code == exit_ok ? exit_failed : code;
}

void tell_kafka_away(const std::string& what, const schema::Error& error, Context& context) {
  context.err << what << ":Kafka 连不上或读不出(" << error.reason
              << ")。请检查它的地址(kafka.bootstrap_servers)与 Kafka 是否在运行,然后再试。\n";
  context.code = exit_unavailable;
}

std::optional<config::GatewaySettings> load(const std::string& path, Context& context) {
  if (may_never_end(path)) {
    context.err << path << ":不是普通文件,请给出配置文件的路径\n";
    context.code = exit_config;
    return std::nullopt;
  }
  auto settings = config::load_gateway(path, channel_sections(), config::process_environment());
  if (settings) return *std::move(settings);
  for (const auto& problem : settings.error()) context.err << problem.str() << '\n';
  context.err << "共 " << settings.error().size() << " 处需要改正。\n";
  context.code = exit_config;
  return std::nullopt;
}

}  // namespace qnzs::cli
