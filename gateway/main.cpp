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
    "在限定时间内发布,未发布的留在日志文件中,下次启动继续。\n"
    "退出码:0 正常停止;70 日志文件落盘失败,必须查看磁盘;78 配置或启动条件有误。";

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

}  // namespace

int main(int argc, char** argv) {
  CLI::App command("青年之声消息网关:接收各渠道的推送,落盘后应答,再发布到 Kafka。", "qnzs-gateway");
  std::string path;
  command.add_option("--config", path, "配置文件 (TOML),见 config/gateway.example.toml")
      ->required()
      ->check(CLI::ExistingFile);
  command.set_version_flag("--version", "qnzs-gateway " QNZS_VERSION);
  command.footer(footer);
  CLI11_PARSE(command, argc, argv);
  const int code = run(path);
  qnzs::runtime::flush_log();
  return code;
}
