#include "schema/json.hpp"
#include "tools/cli/command.hpp"
#include "tools/cli/gateway_url.hpp"

#include <CLI/CLI.hpp>
#include <httplib.h>

namespace qnzs::cli {
namespace {

namespace json = schema::json;

constexpr int answer_seconds_max = 60;  // it reads files and waits for each worker

struct Options {
  std::string config, admin;
};

// Each text of that list, one in a line.
void tell(const json::Value& answer, std::string_view name, const char* before, std::ostream& out) {
  const auto* const list = answer.find(name);
  if (list == nullptr || list->array() == nullptr) return;
  for (const auto& text : *list->array())
    if (text.text() != nullptr) out << before << *text.text() << '\n';
}

void explain(const httplib::Result& result, const GatewayUrl& url, Context& context) {
  const auto address = url.str();
  context.code = exit_failed;
  if (!result) {
    context.err << "连不上 " << address << " 的运维接口:网关在运行吗?可用 --admin 指明地址。\n";
    return;
  }
  const auto answer = json::parse(result->body);
  if (!answer || (result->status != 200 && result->status != 422)) {
    context.err << address << " 没有重新读取配置,答 " << result->status << "。\n";
    return;
  }
  if (result->status == 422) {
    tell(*answer, "problems", "", context.err);
    context.err << "新的配置没有生效,网关仍照原来的运行。改正后再执行 qnzs reload。\n";
    context.code = exit_config;
    return;
  }
  context.out << "已生效。\n";
  tell(*answer, "need_restart", "重启后才生效:", context.out);
  context.code = exit_ok;
}

void reload(const Options& options, Context& context) {
  if (options.config.empty() && options.admin.empty())
    throw CLI::RequiredError("--config(或--admin)");
  GatewayUrl url;
  if (!options.admin.empty()) {
    url = parse_gateway_url("http://" + options.admin).value();  // was checked
  } else if (const auto settings = load(options.config, context)) {
    url.host = settings->admin.listen_address;
    url.port = static_cast<int>(settings->admin.listen_port);
  } else {
    context.err << "网关没有变动。\n";
    return;
  }
  const auto client = client_of(url);
  client->set_read_timeout(answer_seconds_max);
  explain(client->Post("/reload", "", "text/plain"), url, context);
}

}  // namespace

void add_reload(CLI::App& root, Context& context) {
  auto* command = root.add_subcommand(
      "reload", "让运行中的网关重新读取配置:账号、密钥、证书、各项上限;不断开任何请求。");
  auto options = std::make_shared<Options>();
  auto* config = command->add_option("--config", options->config,
                                     "网关的配置文件:先检查,再从中取运维接口的地址");
  auto* admin =
      command->add_option("--admin", options->admin, "运维接口的地址 IP:端口;不先在此检查")
          ->check([](const std::string& text) {
            return std::string(parse_gateway_url("http://" + text) ? "" : ",应如 127.0.0.1:9464");
          });
  config->excludes(admin);
  command->footer(
      "例子:\n"
      "  qnzs reload --config /etc/qnzs/gateway.toml\n"
      "  qnzs reload --admin 127.0.0.1:9464\n"
      "密钥与证书的文件会重新读;${变量} 是进程启动时的,重启后才变。\n"
      "向进程发 SIGHUP 也一样,结果在运行日志的 reloaded 或 reload_refused 中。\n"
      "退出码:0 已生效,1 没有做成,78 新配置有误、没有变动。");
  command->callback([options, &context] { reload(*options, context); });
}

}  // namespace qnzs::cli
