#include "adapters/wechat/settings.hpp"
#include "schema/crypto.hpp"
#include "tools/cli/command.hpp"
#include "tools/simulator/wechat.hpp"

#include <httplib.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <thread>

namespace qnzs::cli {
namespace {

using Clock = std::chrono::steady_clock;

struct Options {
  std::string config, account, url, mode, text = "你好,这是一条测试消息";
  std::vector<std::string> types{"text"};
  std::string openid = "oSimulator0000000000000000001";
  std::string corrupt = "none";
  int count = 1;
  int rate = 0;  // a second; 0 = as fast as it goes
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

class Sender {
 public:
  Sender(const Options& options, simulator::WechatAccount account, const std::string& base,
         Context& context)
      : options_(options), account_(std::move(account)), client_(base), context_(context) {
    client_.set_keep_alive(true);
    client_.set_tcp_nodelay(true);  // head and body are two writes
    client_.set_connection_timeout(5);
    client_.set_read_timeout(5);  // as long as the platform waits
  }

  void send_all() {
    const auto start = Clock::now();
    for (int i = 0; i < options_.count; ++i) {
      if (options_.rate > 0)
        std::this_thread::sleep_until(start + std::chrono::seconds(1) * i / options_.rate);
      simulator::WechatPush push{
          .type = options_.types[static_cast<std::size_t>(i) % options_.types.size()],
          .text = options_.text,
          .openid = options_.openid};
      push.created_at = now_seconds();
      push.message_id = random_id();
      const auto xml = simulator::xml_of(push);
      post(push.type, xml);
      if (options_.repeat) post(push.type, xml);
      if (options_.count > 100 && i % 1000 == 999)
        context_.err << i + 1 << "/" << options_.count << "\n";
    }
  }

  bool is_all_answered() const { return failed_ == 0; }
  void sum_up() {
    std::ranges::sort(latencies_);
    if (latencies_.size() < 2) return;
    const auto at = [&](double part) {
      return latencies_[static_cast<std::size_t>(static_cast<double>(latencies_.size() - 1) *
                                                 part)];
    };
    context_.out << "共 " << latencies_.size() << " 次,应答 success " << latencies_.size() - failed_
                 << " 次;毫秒 p50 " << at(0.5) << " p99 " << at(0.99) << "\n";
  }

 private:
  void post(const std::string& type, const std::string& xml) {
    const auto request =
        simulator::signed_request(account_, xml, now_seconds(), corruptions.at(options_.corrupt));
    const auto begin = Clock::now();
    const auto answer =
        client_.Post("/wechat/" + options_.account + "?" + request.query, request.body, "text/xml");
    latencies_.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
    const bool is_success = answer && answer->status == 200 && answer->body == "success";
    if (!is_success) ++failed_;
    if (options_.count > 20) return;
    context_.out << type << ":"
                 << (answer ? std::to_string(answer->status) + " " + answer->body
                            : "没有应答(" + httplib::to_string(answer.error()) + ")")
                 << "\n";
  }

  const Options& options_;
  const simulator::WechatAccount account_;
  httplib::Client client_;
  Context& context_;
  std::vector<double> latencies_;
  std::size_t failed_ = 0;
};

void send(const Options& options, Context& context) {
  const auto settings = load(options.config, context);
  if (!settings) return;
  auto account = account_in(*settings, options);
  if (!account) {
    context.err << "配置中没有 wechat 账号 " << options.account << "\n";
    context.code = exit_config;
    return;
  }
  const auto base = options.url.empty() ? "http://" + settings->http.listen_address + ":" +
                                              std::to_string(settings->http.listen_port)
                                        : options.url;
  Sender sender(options, *std::move(account), base, context);
  sender.send_all();
  sender.sum_up();
  if (!sender.is_all_answered()) context.code = exit_failed;
}

}  // namespace

void add_send(CLI::App& root, Context& context) {
  auto* command = root.add_subcommand("send", "模拟平台向网关推送,只用于测试与演示。");
  command->require_subcommand(1);
  command->footer("例子:\n  qnzs send wechat --config C --account henan --type text --text 你好");
  auto* wechat = command->add_subcommand("wechat", "模拟微信:按账号的模式签名、加密并推送。");
  auto options = std::make_shared<Options>();
  wechat->add_option("--config", options->config, "网关的配置文件:从中取 Token 与密钥")->required();
  wechat->add_option("--account", options->account, "账号名")->required();
  wechat->add_option("--type", options->types, "消息或事件的类型,可给多个,以逗号分隔")
      ->delimiter(',')
      ->check(CLI::IsMember(simulator::wechat_types()));
  wechat->add_option("--text", options->text, "文字内容;事件则为 EventKey");
  wechat->add_option("--openid", options->openid, "发送者");
  wechat->add_option("--count", options->count, "推送多少次")->check(CLI::Range(1, 100'000'000));
  wechat->add_option("--rate", options->rate, "每秒多少次;0 为不限")
      ->check(CLI::Range(0, 1'000'000));
  wechat->add_flag("--repeat", options->repeat, "每条再推送一遍,如平台重试");
  wechat->add_option("--corrupt", options->corrupt, "故意弄错:signature cipher appid xml")
      ->check(CLI::IsMember(corruptions));
  wechat->add_option("--mode", options->mode, "不按配置的模式:plain compat safe")
      ->check(CLI::IsMember({"plain", "compat", "safe"}));
  wechat->add_option("--url", options->url, "网关的地址;默认取自配置");
  wechat->footer(
      "例子:\n"
      "  qnzs send wechat --config config/gateway.example.toml --account henan --text 你好\n"
      "  qnzs send wechat --config C --account henan --type text,image,subscribe --count 3\n"
      "  qnzs send wechat --config C --account henan --corrupt signature\n"
      "退出码:0 每次都应答 success,1 有的没有。");
  wechat->callback([options, &context] { send(*options, context); });
  add_send_hotline(*command, context);
}

}  // namespace qnzs::cli
