#include "gateway/http/request_reader.hpp"

#include <boost/asio/buffer.hpp>

#include <algorithm>
#include <cstring>

namespace qnzs::http {
namespace {

namespace beast_http = boost::beast::http;

constexpr std::size_t read_bytes = 8 * 1024;

std::string_view view(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

RequestReader::RequestReader(const config::HttpSettings& settings) {
  limit(settings);
  next();
}

void RequestReader::limit(const config::HttpSettings& settings) {
  header_bytes_max_ = static_cast<std::size_t>(settings.header_bytes_max);
  body_bytes_max_ = static_cast<std::size_t>(settings.body_bytes_max);
}

std::span<char> RequestReader::space() {
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (buffer_.size() < end_ + read_bytes) buffer_.resize(end_ + read_bytes);
  return {buffer_.data() + end_, read_bytes};
}

RequestReader::State RequestReader::commit(std::size_t bytes) {
  end_ += bytes;
  return parse();
}

RequestReader::State RequestReader::resume() {
  return end_ > begin_ ? parse() : state_;
}

void RequestReader::next() {
  parser_.emplace();
  parser_->eager(true);
  parser_->header_limit(static_cast<std::uint32_t>(header_bytes_max_));
  parser_->body_limit(body_bytes_max_);
  headers_.clear();
  state_ = State::idle;
  line_done_ = false;
  head_checked_ = false;
  continue_asked_ = false;
}

RequestReader::State RequestReader::parse() {
  if (state_ == State::bad || state_ == State::complete) return state_;
  if (state_ == State::idle) state_ = State::in_head;
  for (;;) {
    boost::beast::error_code error;
    const auto used =
        parser_->put(boost::asio::buffer(buffer_.data() + begin_, end_ - begin_), error);
    begin_ += used;
    line_done_ = line_done_ || used > 0;  // Beast takes the head line by line
    if (parser_->is_header_done() && !head_checked_) {
      if (check_head() == State::bad) return state_;
    }
    if (error && error != beast_http::error::need_more) return refuse(error);
    if (parser_->is_done()) return state_ = State::complete;
    if (error == beast_http::error::need_more || begin_ == end_ || used == 0) break;
  }
  // Beast counts the head only when it is whole: an endless line must not wait for that.
  const auto waiting = end_ - begin_;
  if (!parser_->is_header_done() && waiting > header_bytes_max_) {
    return refuse(beast_http::error::header_limit);
  }
  return state_;
}

RequestReader::State RequestReader::check_head() {
  head_checked_ = true;
  const auto& message = parser_->get();
  state_ = State::in_body;
  if (message.target().size() > target_bytes_max) return refuse(414, "URI too long");
  if (message.version() != 11 && message.version() != 10)
    return refuse(400, "unsupported HTTP version");
  const bool expects_body =
      message.method() == beast_http::verb::post || message.method() == beast_http::verb::put;
  if (expects_body && !message.has_content_length() && !message.chunked()) {
    return refuse(411, "Content-Length required");
  }
  continue_asked_ = boost::beast::iequals(message[beast_http::field::expect], "100-continue");
  return state_;
}

RequestReader::State RequestReader::refuse(std::uint16_t status, std::string_view reason) {
  problem_ = {status, reason};
  return state_ = State::bad;
}

RequestReader::State RequestReader::refuse(boost::beast::error_code error) {
  if (error == beast_http::error::header_limit) {
    const std::string_view head(buffer_.data() + begin_, end_ - begin_);
    const bool in_first_line = !line_done_ && head.find('\n') == std::string_view::npos;
    return in_first_line ? refuse(414, "URI too long") : refuse(431, "header fields too large");
  }
  if (error == beast_http::error::body_limit) return refuse(413, "body too large");
  if (error == beast_http::error::buffer_overflow) return refuse(413, "body too large");
  return refuse(400, "malformed HTTP request");
}

bool RequestReader::wants_continue() {
  return std::exchange(continue_asked_, false) && state_ == State::in_body;
}

bool RequestReader::is_head_request() const {
  return parser_->is_header_done() && parser_->get().method() == beast_http::verb::head;
}

adapters::HttpRequest RequestReader::request() {
  const auto& message = parser_->get();
  headers_.clear();
  for (const auto& field : message) {
    headers_.emplace_back(view(field.name_string()), view(field.value()));
  }
  adapters::HttpRequest request;
  request.method = view(message.method_string());
  const auto target = view(message.target());
  const auto mark = target.find('?');
  request.path = target.substr(0, mark);
  if (mark != std::string_view::npos) request.query = target.substr(mark + 1);
  request.headers = headers_;
  request.body = message.body();
  return request;
}

}  // namespace qnzs::http
