#pragma once

#include "adapters/http.hpp"
#include "config/gateway.hpp"

#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace qnzs::http {

// Why a request cannot be served: the status and a short reason, and nothing more is read after it.
struct BadRequest {
  std::uint16_t status = 400;
  std::string_view reason;
};

// Bytes in, requests out: the HTTP/1.1 side of one connection without any socket. Limits apply
// while bytes come, so that nothing grows beyond them.
class RequestReader {
 public:
  explicit RequestReader(const config::HttpSettings& settings);
  // Other limits, from the next request on.
  void limit(const config::HttpSettings& settings);

  enum class State : std::uint8_t { idle, in_head, in_body, complete, bad };

  // Where the next bytes from the socket go; never empty.
  std::span<char> space();
  // So many bytes have come. Parses as far as they reach.
  State commit(std::size_t bytes);
  // Goes on with bytes that are here already (pipelining), after `next`.
  State resume();
  // The request has been answered: forget it, keep what follows it.
  void next();

  State state() const { return state_; }
  const BadRequest& problem() const { return problem_; }
  // True once, when the head asks for "100 Continue" and the body has not come.
  bool wants_continue();
  bool keeps_alive() const { return parser_->keep_alive(); }
  bool is_head_request() const;
  // What the request that comes now takes of memory.
  std::int64_t held_bytes() const {
    return static_cast<std::int64_t>(end_ - begin_ + parser_->get().body().size());
  }

  // Valid while complete, or in_body with what has come; the views live until `next`. Time,
  // randomness and client are the caller's to add.
  adapters::HttpRequest request();

  static constexpr std::size_t target_bytes_max = 4096;

 private:
  using Parser = boost::beast::http::request_parser<boost::beast::http::string_body>;
  State refuse(std::uint16_t status, std::string_view reason);
  State refuse(boost::beast::error_code error);
  State check_head();
  State finish();
  bool is_ambiguous_head() const;
  std::string_view ambiguity_of_framing();
  State parse();

  std::size_t header_bytes_max_ = 0, body_bytes_max_ = 0;
  std::vector<char> buffer_;
  std::size_t begin_ = 0, end_ = 0;  // unparsed bytes
  std::optional<Parser> parser_;
  std::vector<adapters::HeaderView> headers_;
  State state_ = State::idle;
  bool line_done_ = false;  // the request line has been parsed
  bool head_checked_ = false;
  bool continue_asked_ = false;
  std::size_t fields_ = 0;  // of the head
  std::size_t head_bytes_ = 0;
  std::size_t body_bytes_ = 0;  // of the body as it came, chunk lines and all
  BadRequest problem_;
};

}  // namespace qnzs::http
