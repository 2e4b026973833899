#include "gateway/http/client.hpp"

#include <httplib.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

namespace qnzs::http {
namespace {

using Clock = std::chrono::steady_clock;
using schema::Fault;

struct Url {
  std::string base;    // scheme://host:port
  std::string target;  // path and query
};

bool is_control(char byte) {
  return (byte >= 0 && byte < ' ') || byte == 0x7f;
}

// Of RFC 9110 §5.6.2: what a method and the name of a header may be.
bool is_token(std::string_view text) {
  static constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [](char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || marks.contains(byte);
  });
}

// RFC 9110 §5.5: a line end in a value would begin a header, or a request, that nobody wrote.
bool is_field_value(std::string_view text) {
  return std::ranges::none_of(text, [](char byte) { return is_control(byte) && byte != '\t'; });
}

bool is_sendable(const adapters::HttpCall& call) {
  for (const auto& [name, value] : call.headers) {
    if (!is_token(name) || !is_field_value(value)) return false;
  }
  return is_token(call.method) && is_field_value(call.content_type);
}

std::optional<Url> split(std::string_view url) {
  const auto scheme = url.find("://");
  const bool is_known = url.starts_with("http://") || url.starts_with("https://");
  if (!is_known || url.contains(' ') || std::ranges::any_of(url, is_control)) return std::nullopt;
  const auto path = url.find_first_of("/?#", scheme + 3);
  Url parts{std::string(url.substr(0, path)), "/"};
  if (parts.base.size() == scheme + 3) return std::nullopt;
  if (path == std::string_view::npos) return parts;
  const auto rest = url.substr(path, url.find('#') - path);
  parts.target = rest.starts_with('/') ? std::string(rest) : "/" + std::string(rest);
  return parts;
}

// Cuts the connection when the time is over: the library's own limits begin anew with every byte.
class Guard {
 public:
  Guard(httplib::Client& client, Clock::time_point until, const std::stop_token& stopping)
      : thread_([&client, until, stopping](const std::stop_token& done) {
          std::mutex mutex;
          std::condition_variable_any woken;
          while (!done.stop_requested()) {
            std::unique_lock lock(mutex);
            woken.wait_for(lock, done, std::chrono::milliseconds(50), [] { return false; });
            const bool is_over = stopping.stop_requested() || Clock::now() >= until;
            if (is_over && !done.stop_requested()) client.stop();
          }
        }) {}

 private:
  std::jthread thread_;
};

schema::Error error_of(const httplib::Result& result, Clock::time_point until,
                       const std::stop_token& stopping, bool is_large) {
  if (is_large) return {Fault::too_large, "the answer is over its limit"};
  if (stopping.stop_requested()) return {Fault::late, "stopping"};
  if (Clock::now() >= until || result.error() == httplib::Error::ConnectionTimeout)
    return {Fault::late, "no answer in time"};
  return {Fault::internal, httplib::to_string(result.error())};
}

}  // namespace

schema::Result<adapters::HttpReply> execute(const adapters::HttpCall& call,
                                            const CallLimits& limits,
                                            const std::stop_token& stopping) {
  const auto url = split(call.url);
  if (!url) return schema::fail(Fault::malformed, "not an http:// or https:// URL");
  if (!is_sendable(call)) return schema::fail(Fault::malformed, "not a method or header of HTTP");
  const auto until = Clock::now() + limits.time_max;
  const auto time = std::max(limits.time_max, std::chrono::milliseconds(1));
  httplib::Client client(url->base);
  if (!client.is_valid()) return schema::fail(Fault::malformed, "not an http:// or https:// URL");
  client.set_connection_timeout(time);
  client.set_read_timeout(time);
  client.set_write_timeout(time);
  if (!limits.ca_file.empty()) client.set_ca_cert_path(limits.ca_file);
  httplib::Request request;
  request.method = call.method;
  request.path = url->target;
  for (const auto& [name, value] : call.headers) request.headers.emplace(name, value);
  if (!call.content_type.empty()) request.headers.emplace("Content-Type", call.content_type);
  request.body = call.body;
  std::string body;
  bool is_large = false;
  request.content_receiver = [&](const char* data, std::size_t size, std::uint64_t, std::uint64_t) {
    is_large = body.size() + size > limits.answer_bytes_max;
    if (!is_large) body.append(data, size);
    return !is_large;
  };
  const auto result = [&] {
    const Guard guard(client, until, stopping);
    return client.send(request);
  }();
  if (!result) return std::unexpected(error_of(result, until, stopping, is_large));
  adapters::HttpReply reply;
  reply.status = static_cast<std::uint16_t>(result->status);
  reply.content_type = result->get_header_value("Content-Type");
  reply.body = std::move(body);
  for (const auto& [name, value] : result->headers) reply.headers.emplace_back(name, value);
  return reply;
}

}  // namespace qnzs::http
