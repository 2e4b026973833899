#include "tools/cli/gateway_url.hpp"

#include "config/network.hpp"

#include <algorithm>
#include <charconv>

namespace qnzs::cli {
namespace {

bool is_host_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') || letter == '-' || letter == '.';
  });
}

bool is_ipv6_address(std::string_view text) {
  return text.contains(':') && config::is_ip_address(text);
}

std::optional<int> parse_port(std::string_view text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool is_whole = error == std::errc() && end == text.data() + text.size();
  return is_whole && port >= 1 && port <= 65535 ? std::optional(port) : std::nullopt;
}

}  // namespace

std::string GatewayUrl::str() const {
  return (is_tls ? "https://" : "http://") + (host.contains(':') ? "[" + host + "]" : host) + ":" +
         std::to_string(port);
}

std::optional<GatewayUrl> parse_gateway_url(std::string_view text) {
  GatewayUrl url;
  url.is_tls = text.starts_with("https://");
  if (!url.is_tls && !text.starts_with("http://")) return std::nullopt;
  text.remove_prefix(url.is_tls ? 8 : 7);
  if (text.ends_with('/')) text.remove_suffix(1);
  url.port = url.is_tls ? 443 : 80;
  const auto bracket = text.find(']');
  const bool is_bracketed = text.starts_with('[') && bracket != std::string_view::npos;
  const auto host = text.substr(0, is_bracketed ? bracket + 1 : text.find(':'));
  if (const auto rest = text.substr(host.size()); !rest.empty()) {
    const auto port = rest.starts_with(':') ? parse_port(rest.substr(1)) : std::nullopt;
    if (!port) return std::nullopt;
    url.port = *port;
  }
  url.host = is_bracketed ? host.substr(1, host.size() - 2) : host;
  const bool is_good = is_bracketed ? is_ipv6_address(url.host) : is_host_name(url.host);
  return is_good ? std::optional(std::move(url)) : std::nullopt;
}

std::string check_gateway_url(const std::string& text) {
  return parse_gateway_url(text) ? ""
                                 : ",应如 http://127.0.0.1:8080 或 https://[::1]:8443,不带路径";
}

GatewayUrl url_of(const config::GatewaySettings& settings) {
  const auto& http = settings.http;
  return {.is_tls = !http.plain,
          .host = http.plain ? http.listen_address : http.tls_listen_address,
          .port = static_cast<int>(http.plain ? http.listen_port : http.tls_listen_port),
          .is_certificate_checked = false};
}

std::optional<GatewayUrl> url_of(const config::GatewaySettings& settings,
                                 const std::string& asked_for, Context& context) {
  auto url = asked_for.empty() ? url_of(settings) : parse_gateway_url(asked_for);
  if (url && url->port > 0) return url;
  context.err << "配置里的端口是 0,由系统选:请用 --url 指明网关的地址\n";
  context.code = exit_config;
  return std::nullopt;
}

std::unique_ptr<httplib::ClientImpl> client_of(const GatewayUrl& url) {
  if (!url.is_tls) return std::make_unique<httplib::ClientImpl>(url.host, url.port);
  auto client = std::make_unique<httplib::SSLClient>(url.host, url.port);
  client->enable_server_certificate_verification(url.is_certificate_checked);
  return client;
}

std::string why_unanswered(httplib::Error error, const GatewayUrl& url) {
  const auto what = [&]() -> std::string {
    switch (error) {
      case httplib::Error::Connection:
      case httplib::Error::ConnectionTimeout:
        return "连不上:网关在运行吗?地址与端口对吗?可用 --url 指明";
      case httplib::Error::Read:
      case httplib::Error::Write:
        return "连上了,但没等到应答就断开:网关可能在拒收,原因见它的运行日志 callback_refused 与 "
               "/readyz;" +
               std::string(url.is_tls ? "或那里不是网关" : "或那里要 https://,可用 --url 指明");
      case httplib::Error::SSLConnection:
      case httplib::Error::SSLLoadingCerts:
        return "TLS 没有建立:那里可能是明文 HTTP,请用 --url http://… 指明";
      case httplib::Error::SSLServerVerification:
        return "它的 TLS 证书不可信,或不是给这个主机名的:请在 --url 里写证书上的主机名,"
               "并让本机信任签发者";
      default:
        return httplib::to_string(error);
    }
  }();
  return url.str() + " 没有应答:" + what;
}

}  // namespace qnzs::cli
