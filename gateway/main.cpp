#include "gateway/app.hpp"
#include "gateway/routes.hpp"
#include "gateway/runtime/log.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

namespace {

// As in sysexits.h. A failed fsync ends the process with 70 (journal_options.hpp).
constexpr int exit_config = 78;

constexpr const char* footer =
    "例子:\n"
    "  qnzs-gateway --config config/gateway.example.toml\n"
    "先用 qnzs check CONFIG 检查配置。SIGHUP 让它重新读取配置,与 qnzs reload 相同。SIGTERM 或 "
    "SIGINT 让它停下:不再接收,处理完手上的,\n"
    "在限定时间内发布,未发布的留在日志账中,下次启动继续。\n"
    "退出码:0 正常停止;70 日志账落盘失败,必须查看磁盘;78 命令行、配置或启动条件有误。";

// The signals that we answer are taken by `sigwait` alone, in every thread.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return signals;
}

void say(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fputc('\n', stderr);
}

int serve(const qnzs::config::GatewaySettings& settings, qnzs::App::ReadSettings read_again) {
  const auto signals = block_signals();
  qnzs::App app(settings, std::move(read_again));
  app.start();
  for (int signal = SIGHUP; signal == SIGHUP;) {
    sigwait(&signals, &signal);
    if (signal == SIGHUP) app.reload();
  }
  app.stop();
  return EXIT_SUCCESS;
}

int run(const std::string& path) {
  try {
    const auto read = [&path] {
      return qnzs::config::load_gateway(path, qnzs::channel_sections(),
                                        qnzs::config::process_environment());
    };
    const auto settings = read();
    if (!settings) {
      for (const auto& problem : settings.error()) say(problem.str());
      say("配置有误,网关没有启动。改正后可先用 qnzs check 检查。");
      return exit_config;
    }
    return serve(*settings, read);
  } catch (const std::exception& reason) {
    qnzs::runtime::log(qnzs::schema::Severity::error, "gateway_not_started",
                       {{"why", reason.what()}});
    return exit_config;
  }
}

// The library's own words in the help become Chinese.
void speak_chinese(CLI::App& command) {
  const auto& formatter = command.get_formatter();
  formatter->label("Usage", "用法");
  formatter->label("OPTIONS", "选项");
  formatter->label("REQUIRED", "(必填)");
  command.set_help_flag("-h,--help", "显示这份说明与例子");
  command.set_version_flag("--version", "qnzs-gateway " QNZS_VERSION, "显示版本");
  for (auto* option : command.get_options()) option->group("选项");
}

// Help and version are no errors; what is wrong with a command line is told with the way out.
int answer(const CLI::App& command, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) return command.exit(error);
  const std::string_view what = error.what();
  const auto code = static_cast<CLI::ExitCodes>(error.get_exit_code());
  if (code == CLI::ExitCodes::RequiredError)
    say("缺少 --config:请指明配置文件");
  else if (code == CLI::ExitCodes::ArgumentMismatch)
    say("--config 后面应有一个配置文件");
  else if (code == CLI::ExitCodes::ExtrasError)
    say("不认识或多余的参数:" + std::string(what.substr(what.find(": ") + 2)));
  else
    say("命令行写得不对");
  say("用法与例子:qnzs-gateway --help");
  return exit_config;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App command("青年之声消息网关:接收各渠道的推送,落盘后应答,再发布到 Kafka。", "qnzs-gateway");
  std::string path;
  command.add_option("--config", path, "配置文件 (TOML),见 config/gateway.example.toml")
      ->required();
  command.footer(footer);
  speak_chinese(command);
  try {
    command.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return answer(command, error);
  }
  const int code = run(path);
  qnzs::runtime::flush_log();
  return code;
}
