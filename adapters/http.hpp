#pragma once

#include "schema/time.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Plain HTTP values: what the server hands to an adapter and back. No behaviour, no socket.
namespace qnzs::adapters {

using HeaderView = std::pair<std::string_view, std::string_view>;

// One request. The views live as long as the request is being handled; copy what must outlive it.
struct HttpRequest {
  std::string_view method;  // "GET", "POST"
  std::string_view path;    // "/wechat/henan", still percent-encoded, without the query
  std::string_view query;   // after '?', still percent-encoded
  std::span<const HeaderView> headers;
  std::string_view body;
  std::string_view client;  // the caller's address, for people; not authenticated
  schema::Timestamp received_at;
  std::array<std::uint8_t, 16> random{};  // fresh for each request, for answers that need a nonce
};

// Value of the first header of that name (ASCII case ignored).
std::optional<std::string_view> header(const HttpRequest& request, std::string_view name);

// A request's query, cut into its parameters once. Its views are the request's.
class Query {
 public:
  explicit Query(const HttpRequest& request);

  // Percent-decoded value of the only parameter of that name ('+' stays '+', RFC 3986). Nothing
  // when it is absent, given twice, or wrongly encoded. `name` is compared after decoding.
  std::optional<std::string> value(std::string_view name) const;

 private:
  struct Parameter {
    std::string_view name, value;
    bool has_encoded_name;
  };
  std::vector<Parameter> parameters_;
};

struct HttpReply {
  std::uint16_t status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;  // further ones; no CR, LF or NUL
};

// A call of ours to a platform.
struct HttpCall {
  std::string method = "GET";
  std::string url{};  // http:// or https://, with its query
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string content_type{};  // of the body; empty = none
  std::string body{};
};

}  // namespace qnzs::adapters
