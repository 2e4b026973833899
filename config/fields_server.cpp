#include "config/gateway_fields.hpp"
#include "config/network.hpp"

#include <array>

namespace qnzs::config {
namespace {

template <class S>
Field<S> number(std::string_view key, std::int64_t S::* member, std::string_view description,
                std::int64_t min, std::int64_t max) {
  return {.key = key, .member = member, .description = description, .min = min, .max = max};
}

// The most that one look at a watched folder can bring: its queue must be able to hold that, or the
// folder would never be read.
constexpr std::int64_t one_append_entries = 2048;
constexpr std::int64_t one_append_mib = 8;

constexpr std::string_view address_hint = "应为 IP 地址,如 127.0.0.1、0.0.0.0 或 ::1";

template <class S>
Field<S> address(std::string_view key, std::string S::* member, std::string_view description) {
  return {.key = key,
          .member = member,
          .description = description,
          .min = 1,
          .max = 64,
          .pattern_hint = address_hint,
          .accepts = is_ip_address};
}

template <class S>
Field<S> file(std::string_view key, std::string S::* member, std::string_view description) {
  return {.key = key,
          .member = member,
          .description = description,
          .max = 4096,
          .is_path = true,
          .is_file = true};
}

constexpr std::array<std::string_view, 2> forwarded_headers{"X-Forwarded-For", "Forwarded"};

bool is_network(std::string_view text) {
  return parse_network(text).has_value();
}

template <class S>
Field<S> live(Field<S> field) {
  field.is_live = true;
  return field;
}

using H = HttpSettings;
const std::array http_fields{
    Field<H>{.key = "plain",
             .member = &H::plain,
             .description = "是否在 listen_port 上接收明文 HTTP。只用 TLS 时设为 false。"},
    address("listen_address", &H::listen_address,
            "明文 HTTP 监听的 IP 地址。前面有 HTTPS 反向代理时用 127.0.0.1。"),
    number("listen_port", &H::listen_port, "明文 HTTP 监听的端口;0 由系统选。", 0, 65535),
    live(file("tls_certificate_file", &H::tls_certificate_file,
              "PEM 证书链,服务器证书在最前。与 tls_key_file 都填写才有 TLS;换文件后用 qnzs reload "
              "生效。")),
    live(file("tls_key_file", &H::tls_key_file,
              "与证书成对的 PEM 私钥,没有口令,不得让任何用户可读。")),
    address("tls_listen_address", &H::tls_listen_address, "TLS 监听的 IP 地址。"),
    number("tls_listen_port", &H::tls_listen_port, "TLS 监听的端口;0 由系统选。", 0, 65535),
    live(
        number("tls_handshake_ms_max", &H::tls_handshake_ms_max, "TLS 握手的时限。", 100, 600'000)),
    number("threads", &H::threads, "处理请求的线程数,一般与核数相同。", 1, 64),
    Field<H>{.key = "trusted_proxies",
             .member = &H::trusted_proxies,
             .description = "可信的反向代理的地址或网段。只有它们发来的客户端地址才采信;"
                            "它们自己不受单个地址的连接数限制。",
             .min = 1,
             .max = 64,
             .pattern_hint = "应为 IP 地址或网段,如 10.0.0.0/8,前缀以外的位须为零",
             .accepts = is_network,
             .is_live = true,
             .example = "[\"127.0.0.1\", \"10.0.0.0/8\"]"},
    Field<H>{
        .key = "trusted_proxies_header",
        .member = &H::trusted_proxies_header,
        .description = "可信的反向代理用哪个头写客户端地址;另一个不看,因为那可能是客户端自己写的。",
        .min = 1,
        .max = 32,
        .choices = forwarded_headers,
        .is_live = true},
    live(number("connections_max", &H::connections_max,
                "同时连接数的上限。满了便关掉最早的、还没有发来完整请求的连接;"
                "此时占用超过十六分之一的地址不再接受新连接。",
                1, 1'000'000)),
    live(number("connections_per_address_max", &H::connections_per_address_max,
                "同一客户端地址的连接数上限。平台只从少数几个地址推送,不要设得太小。", 1,
                1'000'000)),
    live(number("requests_per_connection_max", &H::requests_per_connection_max,
                "一个连接至多答多少个请求,之后关闭。", 1, 1'000'000'000)),
    live(number(
        "requests_per_second_per_address_max", &H::requests_per_second_per_address_max,
        "同一客户端地址每秒的请求数上限,新连接也算一次;可积攒两秒。超过答 429,"
        "或按渠道的规矩不答而关闭。反向代理未列入 trusted_proxies 时,所有请求都算在它的地址上。",
        1, 10'000'000)),
    live(number("requests_per_second_per_account_max", &H::requests_per_second_per_account_max,
                "每个账号每秒的请求数上限,只算验签通过的,所以伪造的请求不占账号的份额。", 1,
                10'000'000)),
    live(number("requests_in_flight_per_account_max", &H::requests_in_flight_per_account_max,
                "每个账号同时等待落盘的请求数上限,使一个账号不能占尽。", 1, 1'000'000)),
    live(number("addresses_max", &H::addresses_max,
                "至多记住多少个客户端地址的用量;满了忘掉最久没有来的。IPv6 按 /64 算一个地址。", 16,
                10'000'000)),
    live(number("unfinished_mib_max", &H::unfinished_mib_max,
                "所有连接上还没有收齐的请求合计至多占多少 MiB;再多的答 429。", 1, 65'536)),
    live(number("header_bytes_max", &H::header_bytes_max, "请求头的上限,超过答 431。", 1024,
                1 << 20)),
    live(number("body_bytes_max", &H::body_bytes_max, "请求体的上限,超过答 413。", 1024, 64 << 20)),
    live(number("first_byte_ms_max", &H::first_byte_ms_max, "新连接上第一个字节到来的时限。", 100,
                600'000)),
    live(number("header_ms_max", &H::header_ms_max, "从第一个字节到收齐请求头的时限。", 100,
                600'000)),
    live(number("body_ms_max", &H::body_ms_max, "收齐请求体的时限。", 100, 600'000)),
    live(number("idle_ms_max", &H::idle_ms_max, "空闲连接保留多久。", 100, 3'600'000)),
    live(number("write_ms_max", &H::write_ms_max, "写出应答的时限。", 100, 600'000)),
    number("once_tokens_max", &H::once_tokens_max,
           "每个账号同时记住多少个只许用一次的请求;满了答 503,到期的自会让出。", 1, 10'000'000)};

using A = AdminSettings;
const std::array admin_fields{
    Field<A>{.key = "listen_address",
             .member = &A::listen_address,
             .description = "运维接口监听的 IP 地址。不要对公网开放。",
             .min = 1,
             .max = 64,
             .pattern_hint = address_hint,
             .accepts = is_ip_address},
    number("listen_port", &A::listen_port, "运维接口的端口;0 由系统选。", 0, 65535)};

using J = JournalSettings;
const std::array journal_fields{
    Field<J>{.key = "path",
             .member = &J::path,
             .description = "日志账文件 (SQLite),须在本机磁盘上,不可用 NFS。",
             .is_required = true,
             .min = 1,
             .max = 4096,
             .is_path = true,
             .example = "/var/lib/qnzs/gateway.db"},
    number("size_mib_max", &J::size_mib_max, "日志账文件的上限。", 1, 1 << 20),
    number("disk_free_mib_min", &J::disk_free_mib_min, "磁盘剩余少于此数便拒绝接收。", 0, 1 << 20),
    number("refuse_at_percent", &J::refuse_at_percent, "用到上限的百分之多少便拒绝接收。", 1, 100),
    number("group_entries_max", &J::group_entries_max, "一次提交至多多少条。", 1, 100'000),
    number("group_us_max", &J::group_us_max,
           "提交之前至多等多少微秒,等到与上一次提交同样多(至多 32 个)请求,好一起落盘;0 不等。", 0,
           10'000),
    number("queue_entries_max", &J::queue_entries_max, "等待提交的至多多少条,再多便拒绝。",
           one_append_entries, 1'000'000),
    number("queue_mib_max", &J::queue_mib_max, "等待提交的至多多少 MiB。", one_append_mib, 4096),
    number("body_keep_hours", &J::body_keep_hours, "发布之后内容保留多久。", 0, 24 * 365),
    number("sweep_rows_max", &J::sweep_rows_max, "清理时一步至多看多少行。", 1, 100'000),
    number("payload_bytes_max", &J::payload_bytes_max, "死信中保留的原始字节上限。", 1024,
           300 * 1024)};

std::vector<SectionProblem> check_http(const HttpSettings& http) {
  std::vector<SectionProblem> found;
  const bool has_certificate = !http.tls_certificate_file.empty();
  if (has_certificate != !http.tls_key_file.empty())
    found.push_back({has_certificate ? "tls_key_file" : "tls_certificate_file",
                     "证书与私钥须同时填写,或都不填",
                     {"tls_certificate_file", "tls_key_file"}});
  if (!http.plain && !has_certificate)
    found.push_back(
        {"plain", "没有 TLS 证书时不能关闭明文 HTTP:那样便无处接收", {"tls_certificate_file"}});
  return found;
}

}  // namespace

const Section<HttpSettings>& http_section() {
  static const Section<HttpSettings> section{.name = "http",
                                             .description = "各平台推送到的地方。",
                                             .fields = http_fields,
                                             .check = check_http};
  return section;
}

const Section<AdminSettings>& admin_section() {
  static const Section<AdminSettings> section{
      .name = "admin",
      .description = "运维接口:/healthz /readyz /metrics /config。",
      .fields = admin_fields};
  return section;
}

const Section<JournalSettings>& journal_section() {
  static const Section<JournalSettings> section{
      .name = "journal",
      .description = "发布到 Kafka 之前的持久日志账:应答过的,都在其中。",
      .fields = journal_fields};
  return section;
}

}  // namespace qnzs::config
