#include "gateway/routes.hpp"
#include "tools/cli/command.hpp"

#include <algorithm>

namespace qnzs::cli {

int run(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err) {
  CLI::App root("青年之声消息网关的命令行。每个命令都有 --help 与例子。", "qnzs");
  root.set_version_flag("--version", "qnzs " QNZS_VERSION);
  root.require_subcommand(1);
  Context context{out, err};
  add_check(root, context);
  add_config(root, context);
  add_normalise(root, context);
  add_send(root, context);
  add_tail(root, context);
  add_journal(root, context);
  add_completion(root, context);
  auto reversed = arguments;  // as CLI11 wants it
  std::ranges::reverse(reversed);
  try {
    root.parse(std::move(reversed));
  } catch (const CLI::ParseError& error) {
    return root.exit(error, out, err) == 0 ? exit_ok : exit_usage;
  } catch (const std::exception& error) {
    err << "qnzs: " << error.what() << '\n';
    return exit_failed;
  }
  return context.code;
}

std::optional<config::GatewaySettings> load(const std::string& path, Context& context) {
  auto settings = config::load_gateway(path, channel_sections(), config::process_environment());
  if (settings) return *std::move(settings);
  for (const auto& problem : settings.error()) context.err << problem.str() << '\n';
  context.err << "共 " << settings.error().size() << " 处需要改正。\n";
  context.code = exit_config;
  return std::nullopt;
}

}  // namespace qnzs::cli
