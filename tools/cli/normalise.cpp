#include "adapters/adapter.hpp"
#include "gateway/http/request_reader.hpp"
#include "gateway/ingest/entries.hpp"
#include "gateway/routes.hpp"
#include "schema/json.hpp"
#include "schema/time.hpp"
#include "tools/cli/command.hpp"
#include "tools/cli/printable.hpp"

#include <CLI/CLI.hpp>

#include <charconv>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace qnzs::cli {
namespace {

struct Options {
  std::string config, channel, account, file, at;
  bool is_pretty = false;
};

using State = http::RequestReader::State;

// Feeds a file through the gateway's own reader, as if it came from a connection.
void read_request(http::RequestReader& reader, std::istream& file) {
  for (auto state = reader.state(); state != State::complete && state != State::bad;) {
    const auto space = reader.space();
    const auto size = file.read(space.data(), static_cast<std::streamsize>(space.size())).gcount();
    if (size == 0) return;
    state = reader.commit(static_cast<std::size_t>(size));
  }
}

// Why the file that was read holds no whole request.
std::string why_not_whole(const http::RequestReader& reader) {
  switch (reader.state()) {
    case State::idle:
      return "文件是空的";
    case State::in_head:
      return "文件在请求头之后的空行之前就结束了";
    case State::in_body:
      return "正文比 Content-Length 短,或分块没有结束";
    default:
      break;
  }
  const auto& problem = reader.problem();
  if (problem.reason == "ambiguous line ends")
    return "行尾应为 CRLF,文件里有单独的 LF 或 CR:请原样保存,勿经编辑器改换行";
  return "网关会答 " + std::to_string(problem.status) + "(" + std::string(problem.reason) + ")";
}

void write_entry(const ingest::Entry& entry, const Options& options, Context& context) {
  using schema::json::Object;
  Object headers;
  for (const auto& [name, value] : schema::headers(entry.record.event, 0)) {
    if (name != "ce_sequence") headers.emplace_back(name, value);  // the journal gives it
  }
  const auto value = schema::json::parse(entry.record.value);
  const auto known =
      std::ranges::find(schema::topics, entry.record.topic, &schema::TopicName::topic);
  const Object document{{"topic", known->name},
                        {"key", entry.record.key},
                        {"headers", std::move(headers)},
                        {"value", value ? *value : schema::json::Value()}};
  context.out << printable_json(options.is_pretty ? schema::json::write_pretty(document)
                                                  : schema::json::write(document))
              << '\n';
}

void explain(const schema::Error& error, Context& context) {
  const auto& consequence = schema::consequence(error.fault);
  context.err << "网关会拒绝它:" << consequence.label << " (" << consequence.status
              << "): " << error.reason << "\n";
  context.code = exit_failed;
}

// False when the gateway would not let the request come to an account at all.
bool comes_in(const adapters::HttpRequest& request, const Options& options, Context& context) {
  if (request.method != "GET" && request.method != "POST") {
    context.err << "网关会拒绝它:405,只收 GET 与 POST\n";
    context.code = exit_failed;
    return false;
  }
  if (request.path != "/" + options.channel + "/" + options.account)
    context.err << "注意:请求的路径不是 /" << options.channel << "/" << options.account
                << ",网关按路径找账号;这里当作是给它的\n";
  return true;
}

void normalise(const Options& options, Context& context) {
  const auto settings = load(options.config, context);
  if (!settings) return;
  const schema::Identity identity(settings->installation.identity_key.reveal());
  const auto routes = routes_for(*settings, identity);
  const auto route = std::ranges::find_if(routes, [&](const ingest::Route& candidate) {
    return candidate.channel == options.channel && candidate.account == options.account;
  });
  std::ifstream file(options.file, std::ios::binary);
  const bool is_readable = file && !std::filesystem::is_directory(options.file);
  const auto at =
      options.at.empty()
          ? std::optional(schema::Timestamp{std::chrono::time_point_cast<schema::Milliseconds>(
                std::chrono::system_clock::now())})
          : schema::parse_rfc3339(options.at);
  if (!at) {
    context.err << "--at 的写法不对:应为 RFC 3339 的时刻,如 2026-11-25T18:00:00+08:00\n";
    context.code = exit_usage;
    return;
  }
  if (route == routes.end() || !is_readable) {
    context.err << (is_readable ? "配置中没有这个账号:" + options.channel + "/" + options.account
                                : "文件读不了,应是一个原样保存的 HTTP 请求:" + options.file)
                << "\n";
    context.code = exit_config;
    return;
  }
  http::RequestReader reader(settings->http);
  read_request(reader, file);
  if (reader.state() != State::complete) {
    context.err << "不是一个完整的 HTTP 请求:" << why_not_whole(reader) << "\n";
    context.code = exit_failed;
    return;
  }
  auto request = reader.request();
  request.received_at = *at;
  if (!comes_in(request, options, context)) return;
  const auto received = route->webhook->receive(request);
  if (!received) return explain(received.error(), context);
  const auto origin = ingest::origin_of(
      *route, identity, static_cast<std::size_t>(settings->journal.payload_bytes_max));
  const auto entries =
      ingest::entries_for(*received, request, origin, ingest::traceparent_of(request));
  for (const auto& entry : entries) write_entry(entry, options, context);
  if (entries.empty()) context.err << "网关只作应答,不产生消息\n";
  reader.next();
  if (reader.resume() != State::idle || file.peek() != std::ifstream::traits_type::eof())
    context.err << "注意:文件里这个请求之后还有内容,没有看\n";
}

}  // namespace

void add_normalise(CLI::App& root, Context& context) {
  auto* command =
      root.add_subcommand("normalise", "离线的网关:一个 HTTP 请求文件会变成什么消息,或为何被拒。");
  auto options = std::make_shared<Options>();
  command->add_option("--config", options->config, "网关的配置文件")->required();
  command->add_option("--channel", options->channel, "渠道,如 wechat")->required();
  command->add_option("--account", options->account, "账号名")->required();
  command->add_option("--at", options->at, "当作何时收到 (RFC 3339);默认现在");
  command->add_flag("--pretty", options->is_pretty, "分行缩进");
  command->add_option("REQUEST", options->file, "原样保存的 HTTP 请求")->required();
  command->footer(
      "例子:\n"
      "  qnzs normalise --config C --channel wechat --account henan --pretty request.http\n"
      "输出每条一个 JSON:主题、键、CloudEvents 头与内容。退出码:0 会接收,1 会拒绝,78 配置有误。");
  command->callback([options, &context] { normalise(*options, context); });
}

}  // namespace qnzs::cli
