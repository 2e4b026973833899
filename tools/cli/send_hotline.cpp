#include "adapters/hotline/settings.hpp"
#include "schema/crypto.hpp"
#include "tools/cli/command.hpp"
#include "tools/cli/gateway_url.hpp"
#include "tools/cli/printable.hpp"
#include "tools/simulator/hotline.hpp"

#include <CLI/CLI.hpp>
#include <httplib.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>

namespace qnzs::cli {
namespace {

struct Options {
  std::string config, account, url, number, text = "来电人想找人说说话";
  std::string urgency = "一般", corrupt = "none";
  int count = 1;
  std::int64_t revision = 0;
  bool in_folder = false, repeat = false;
};

const adapters::hotline::Settings* desk_in(const config::GatewaySettings& settings,
                                           const std::string& account) {
  for (const auto& [channel, entry] : settings.accounts) {
    if (channel == "hotline" && entry->account == account)
      return static_cast<const adapters::hotline::Settings*>(entry.get());
  }
  return nullptr;
}

std::int64_t now_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string random_word() {
  std::array<std::uint8_t, 6> bytes{};
  schema::crypto::random_bytes(bytes);
  return schema::crypto::hex(bytes);
}

std::string lines_of(const Options& options) {
  const auto prefix = options.number.empty() ? "SIM-" + random_word() : options.number;
  std::string lines;
  for (int i = 1; i <= options.count; ++i) {
    simulator::HotlineCall call{
        .record_no = options.count == 1 ? prefix : prefix + "-" + std::to_string(i),
        .revision = options.revision,
        .text = options.text,
        .urgency = options.urgency,
        .started_at = now_seconds()};
    lines += simulator::record_of(call) + "\n";
  }
  if (options.corrupt == "record")
    lines += R"({"record_no":"SIM-BAD","person":{"age":"十六"}})"
             "\n";
  return lines;
}

// As a desk should: under another name first, then renamed.
bool write_file(const std::string& folder, const std::string& lines, Context& context) {
  const auto path = std::filesystem::path(folder) / ("sim-" + random_word() + ".ndjson");
  const auto unfinished = path.string() + ".tmp";
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  std::ofstream(unfinished, std::ios::binary) << lines;
  std::filesystem::rename(unfinished, path, error);
  if (error) {
    context.err << "写不进文件夹 " << folder << "(" << error.message() << ")\n";
    return false;
  }
  context.out << "已放入 " << path.string() << "\n";
  return true;
}

bool post(const Options& options, const adapters::hotline::Settings& desk, const GatewayUrl& url,
          const std::string& lines, Context& context) {
  simulator::HotlineDesk signer{desk.account, desk.key_id, desk.secret.reveal()};
  if (options.corrupt == "signature") signer.secret += "?";
  const auto time = options.corrupt == "time" ? 1 : now_seconds();
  const auto signed_with = simulator::signed_headers(signer, lines, time);
  const httplib::Headers headers(signed_with.begin(), signed_with.end());
  const auto client = client_of(url);
  client->set_connection_timeout(5);
  client->set_read_timeout(10);
  bool is_good = true;
  for (int i = 0; i < (options.corrupt == "replay" ? 2 : 1); ++i) {
    const auto answer =
        client->Post("/hotline/" + desk.account, headers, lines, "application/x-ndjson");
    is_good = answer && answer->status == 200;
    context.out << (answer ? std::to_string(answer->status) + " " + printable(answer->body)
                           : why_unanswered(answer.error(), url))
                << "\n";
  }
  return is_good;
}

void send(const Options& options, Context& context) {
  if (options.in_folder && options.corrupt != "none" && options.corrupt != "record") {
    context.err << "放入文件夹的文件没有签名,--corrupt " << options.corrupt
                << " 弄不错它:请用 --corrupt record,或去掉 --folder\n";
    context.code = exit_usage;
    return;
  }
  const auto settings = load(options.config, context);
  if (!settings) return;
  const auto* desk = desk_in(*settings, options.account);
  const bool has_way =
      desk != nullptr && !(options.in_folder ? desk->folder.empty() : desk->secret.empty());
  if (!has_way) {
    context.err << "配置中没有 hotline 服务台 " << options.account
                << (options.in_folder ? ",或它没有 folder\n" : ",或它没有 secret\n");
    context.code = exit_config;
    return;
  }
  const auto lines = lines_of(options);
  const auto url = options.in_folder ? GatewayUrl() : url_of(*settings, options.url, context);
  if (!url) return;
  for (int i = 0; i < (options.repeat ? 2 : 1); ++i) {
    const bool is_good = options.in_folder ? write_file(desk->folder, lines, context)
                                           : post(options, *desk, *url, lines, context);
    if (!is_good) context.code = exit_failed;
  }
}

}  // namespace

void add_send_hotline(CLI::App& send_command, Context& context) {
  auto* command = send_command.add_subcommand(
      "hotline", "模拟 12355 服务台:签名并推送通话记录,或写成文件放入监视的文件夹。");
  auto options = std::make_shared<Options>();
  command->add_option("--config", options->config, "网关的配置文件:从中取密钥与文件夹")->required();
  command->add_option("--account", options->account, "服务台的账号名")->required();
  command->add_option("--text", options->text, "诉求内容");
  command->add_option("--urgency", options->urgency, "一般 紧急 特急")
      ->check(CLI::IsMember({"一般", "紧急", "特急"}));
  command->add_option("--number", options->number, "记录编号;默认随机。多条时后面加 -1、-2……");
  command->add_option("--revision", options->revision, "版本,更正已送过的记录时加大")
      ->check(CLI::Range(0, 0x7fffffff));
  command->add_option("--count", options->count, "一次几条")->check(CLI::Range(1, 1000));
  command->add_flag("--folder", options->in_folder, "不推送,而是写成文件放入文件夹");
  command->add_flag("--repeat", options->repeat, "再送一遍,重新签名或另存一份");
  command->add_option("--corrupt", options->corrupt, "故意弄错:signature time replay record")
      ->check(CLI::IsMember({"none", "signature", "time", "replay", "record"}));
  command->add_option("--url", options->url, "网关的地址;默认取自配置")->check(check_gateway_url);
  command->footer(
      "例子:\n"
      "  qnzs send hotline --config config/gateway.example.toml --account henan --text 你好\n"
      "  qnzs send hotline --config C --account henan --count 3 --corrupt record\n"
      "  qnzs send hotline --config C --account henan --folder --repeat\n"
      "退出码:0 全部收下,1 有的没有,64 用法有误,78 配置有误,或没有这个服务台。");
  command->callback([options, &context] { send(*options, context); });
}

}  // namespace qnzs::cli
