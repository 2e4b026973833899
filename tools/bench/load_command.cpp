#include "schema/crypto.hpp"
#include "tools/bench/bench.hpp"
#include "tools/bench/load.hpp"
#include "tools/simulator/wechat.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <array>
#include <chrono>
#include <memory>
#include <stdexcept>

namespace qnzs::bench {
namespace {

// A message of ordinary length; its callback has a body of about 650 bytes.
constexpr const char* text = "您好,我今年高二,最近压力很大,晚上总是睡不着,不知道可以和谁说说话。";

struct Options {
  simulator::WechatAccount account{.token = {}, .aes_key = {}, .appid = {}, .mode = "safe"};
  std::string path = "/wechat/safe";
  std::uint16_t port = 0;
  std::size_t count = 100'000, connections = 64, people = 1000;
  double rate = 0;
};

// A start for message ids that no other run has.
std::int64_t first_id() {
  std::array<std::uint8_t, 5> bytes{};
  schema::crypto::random_bytes(bytes);
  std::int64_t id = 0;
  for (const auto byte : bytes) id = id << 8 | byte;
  return id << 20;
}

std::vector<std::string> requests_of(const Options& options) {
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
  auto id = first_id();
  std::vector<std::string> requests;
  requests.reserve(options.count);
  for (std::size_t i = 0; i < options.count; ++i) {
    simulator::WechatPush push{.text = text, .message_id = id++, .created_at = now};
    push.openid = fmt::format("oBench_0000000000000{:08}", i % options.people);
    const auto request = simulator::signed_request(options.account, simulator::xml_of(push), now);
    requests.push_back(fmt::format(
        "POST {}?{}&openid={} HTTP/1.1\r\nUser-Agent: Mozilla/4.0\r\nAccept: */*\r\nHost: "
        "127.0.0.1\r\nPragma: no-cache\r\nContent-Length: {}\r\nContent-Type: text/xml\r\n\r\n{}",
        options.path, request.query, push.openid, request.body.size(), request.body));
  }
  return requests;
}

void run(const Options& options) {
  const LoadPlan plan{.port = options.port,
                      .connections = options.connections,
                      .rate = options.rate,
                      .requests = requests_of(options)};
  const auto result = run_load(plan, std::chrono::seconds(10));
  print({{"seconds", result.seconds},
         {"succeeded", static_cast<double>(result.succeeded)},
         {"failed", static_cast<double>(result.failed)},
         {"per_second", static_cast<double>(result.succeeded) / result.seconds},
         {"p50_ms", quantile(result.latencies_ms, 0.5)},
         {"p99_ms", quantile(result.latencies_ms, 0.99)},
         {"p999_ms", quantile(result.latencies_ms, 0.999)}});
  if (result.failed > 0) throw std::runtime_error("a callback was not answered with success");
}

}  // namespace

void add_load(CLI::App& root) {
  auto options = std::make_shared<Options>();
  auto* command = root.add_subcommand("load", "向网关推送安全模式的微信消息,先全部备好再计时。");
  command->add_option("--port", options->port, "网关在 127.0.0.1 的端口")->required();
  command->add_option("--path", options->path, "账号的路径");
  command->add_option("--token", options->account.token)->required();
  command->add_option("--aes-key", options->account.aes_key)->required();
  command->add_option("--appid", options->account.appid)->required();
  command->add_option("--count", options->count, "多少条");
  command->add_option("--connections", options->connections, "多少个连接");
  command->add_option("--people", options->people, "多少个人");
  command->add_option("--rate", options->rate, "每秒多少条(开环);0 为闭环");
  command->callback([options] { run(*options); });
}

}  // namespace qnzs::bench
