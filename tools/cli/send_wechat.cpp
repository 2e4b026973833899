#include "adapters/wechat/settings.hpp"
#include "schema/crypto.hpp"
#include "tools/cli/command.hpp"
#include "tools/cli/gateway_url.hpp"
#include "tools/cli/printable.hpp"
#include "tools/cli/push_run.hpp"
#include "tools/simulator/wechat.hpp"

#include <CLI/CLI.hpp>
#include <httplib.h>

#include <chrono>
#include <map>
#include <mutex>

namespace qnzs::cli {
namespace {

struct Options {
  std::string config, account, mode, text = "你好,这是一条测试消息";
  std::vector<std::string> types{"text"};
  std::string openid = "oSimulator0000000000000000001";
  std::string corrupt = "none", url;
  PushPlan plan;
  bool repeat = false;
};

const std::map<std::string, simulator::Corruption> corruptions{
    {"none", simulator::Corruption::none},
    {"signature", simulator::Corruption::signature},
    {"cipher", simulator::Corruption::cipher},
    {"appid", simulator::Corruption::appid},
    {"xml", simulator::Corruption::xml}};

std::optional<simulator::WechatAccount> account_in(const config::GatewaySettings& settings,
                                                   const Options& options) {
  for (const auto& [channel, account] : settings.accounts) {
    if (channel != "wechat" || account->account != options.account) continue;
    const auto& wechat = static_cast<const adapters::wechat::Settings&>(*account);
    return simulator::WechatAccount{wechat.token.reveal(), wechat.aes_key.reveal(), wechat.appid,
                                    options.mode.empty() ? wechat.mode : options.mode};
  }
  return std::nullopt;
}

std::int64_t now_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::int64_t random_id() {
  std::array<std::uint8_t, 8> bytes{};
  schema::crypto::random_bytes(bytes);
  std::int64_t id = 0;
  for (const auto byte : bytes) id = (id << 8 | byte) & 0x3fffffffffffffff;
  return id;
}

// Posts one push, and again when the platform's retry is to be played.
class Sender {
 public:
  Sender(const Options& options, const PushPlan& plan, simulator::WechatAccount account,
         Context& context)
      : options_(options), plan_(plan), account_(std::move(account)), context_(context) {}

  void send(int number, httplib::ClientImpl& client, PushTally& tally) {
    simulator::WechatPush push{
        .type = options_.types[static_cast<std::size_t>(number) % options_.types.size()],
        .text = options_.text,
        .openid = options_.openid};
    push.created_at = now_seconds();
    push.message_id = random_id();
    const auto xml = simulator::xml_of(push);
    post(push.type, xml, client, tally);
    if (options_.repeat) post(push.type, xml, client, tally);
  }

 private:
  void post(const std::string& type, const std::string& xml, httplib::ClientImpl& client,
            PushTally& tally) {
    const auto request =
        simulator::signed_request(account_, xml, now_seconds(), corruptions.at(options_.corrupt));
    const auto begin = std::chrono::steady_clock::now();
    const auto answer =
        client.Post("/wechat/" + options_.account + "?" + request.query, request.body, "text/xml");
    tally.milliseconds.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
            .count());
    const bool is_success = answer && answer->status == 200 && answer->body == "success";
    ++(is_success ? tally.accepted : answer ? tally.refused : tally.unanswered);
    if (plan_.count > shown_max) return;
    const std::lock_guard lock(mutex_);
    context_.out << type << ":"
                 << (answer ? std::to_string(answer->status) + " " + printable(answer->body)
                            : why_unanswered(answer.error(), plan_.url))
                 << "\n";
  }

  static constexpr int shown_max = 20;  // of more, only the sum is shown

  const Options& options_;
  const PushPlan& plan_;
  const simulator::WechatAccount account_;
  std::mutex mutex_;
  Context& context_;
};

// Whether the account can send what was asked for; else `err` is told and `code` set.
bool can_send(const simulator::WechatAccount& account, const Options& options, Context& context) {
  const bool is_sealed = account.mode != "plain";
  if (is_sealed && account.aes_key.empty()) {
    context.err << "账号 " << options.account << " 没有 EncodingAESKey,不能以 " << account.mode
                << " 模式推送:请在配置里填 aes_key,或用 --mode plain\n";
    context.code = exit_config;
    return false;
  }
  if (!is_sealed && (options.corrupt == "cipher" || options.corrupt == "appid")) {
    context.err << "明文模式的推送没有密文,--corrupt " << options.corrupt
                << " 弄不错它:请用 --corrupt signature 或 xml,或以 --mode safe 推送\n";
    context.code = exit_usage;
    return false;
  }
  return true;
}

void send(const Options& options, Context& context) {
  const auto settings = load(options.config, context);
  if (!settings) return;
  auto account = account_in(*settings, options);
  if (!account) {
    context.err << "配置中没有 wechat 账号 " << options.account << "\n";
    context.code = exit_config;
    return;
  }
  if (!can_send(*account, options, context)) return;
  const auto url = url_of(*settings, options.url, context);
  if (!url) return;
  auto plan = options.plan;
  plan.url = *url;
  Sender sender(options, plan, *std::move(account), context);
  const auto tally = run_pushes(
      plan,
      [&](int number, httplib::ClientImpl& client, PushTally& into) {
        sender.send(number, client, into);
      },
      context.err);
  if (tally.milliseconds.size() > 1) context.out << summary_of(tally) << "\n";
  if (!tally.is_all_accepted()) context.code = exit_failed;
}

}  // namespace

void add_send_wechat(CLI::App& send_command, Context& context) {
  auto* wechat = send_command.add_subcommand("wechat", "模拟微信:按账号的模式签名、加密并推送。");
  auto options = std::make_shared<Options>();
  wechat->add_option("--config", options->config, "网关的配置文件:从中取 Token 与密钥")->required();
  wechat->add_option("--account", options->account, "账号名")->required();
  wechat->add_option("--type", options->types, "消息或事件的类型,可给多个,以逗号分隔")
      ->delimiter(',')
      ->check(CLI::IsMember(simulator::wechat_types()));
  wechat->add_option("--text", options->text, "文字内容;事件则为 EventKey");
  wechat->add_option("--openid", options->openid, "发送者");
  wechat->add_option("--count", options->plan.count, "推送多少次")
      ->check(CLI::Range(1, 100'000'000));
  wechat->add_option("--rate", options->plan.rate, "每秒多少次;0 为不限")
      ->check(CLI::Range(0, 1'000'000));
  wechat->add_option("--connections", options->plan.connections, "同时用多少个连接")
      ->check(CLI::Range(1, 1000));
  wechat->add_flag("--repeat", options->repeat, "每条再推送一遍,如平台重试");
  wechat->add_option("--corrupt", options->corrupt, "故意弄错:signature cipher appid xml")
      ->check(CLI::IsMember(corruptions));
  wechat->add_option("--mode", options->mode, "不按配置的模式:plain compat safe")
      ->check(CLI::IsMember({"plain", "compat", "safe"}));
  wechat->add_option("--url", options->url, "网关的地址;默认取自配置")->check(check_gateway_url);
  wechat->footer(
      "例子:\n"
      "  qnzs send wechat --config config/gateway.example.toml --account henan --text 你好\n"
      "  qnzs send wechat --config C --account henan --type text,image,subscribe --count 3\n"
      "  qnzs send wechat --config C --account henan --corrupt signature\n"
      "  qnzs send wechat --config C --account henan --count 100000 --connections 64\n"
      "退出码:0 每次都应答 success,1 有的没有,64 用法有误,78 配置有误,或缺少所选模式的密钥。");
  wechat->callback([options, &context] { send(*options, context); });
}

}  // namespace qnzs::cli
