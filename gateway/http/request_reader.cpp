#include "gateway/http/request_reader.hpp"

#include <boost/asio/buffer.hpp>

#include <algorithm>
#include <cstring>

namespace qnzs::http {
namespace {

namespace beast_http = boost::beast::http;

constexpr std::size_t read_bytes = 8 * 1024;
// "0\r\n\r\n", the shortest end of a chunked body: so much always comes. Beast 1.81 asserts that it
// is there when it looks at a last chunk for the second time, and the process would end.
constexpr std::size_t chunked_rest_min = 5;

std::string_view view(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

std::size_t field_count(const beast_http::fields& message) {
  return static_cast<std::size_t>(std::distance(message.begin(), message.end()));
}

// Chunk lines count too: a body in chunks of one byte is six times as long.
std::size_t framed_max(std::size_t body_bytes_max) {
  return body_bytes_max * 8 + 1024;
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
  parser_->header_limit(static_cast<std::uint32_t>(header_bytes_max_));
  parser_->body_limit(body_bytes_max_);
  headers_.clear();
  head_bytes_ = 0;
  body_bytes_ = 0;
  state_ = State::idle;
  line_done_ = false;
  head_checked_ = false;
  continue_asked_ = false;
}

RequestReader::State RequestReader::parse() {
  if (state_ == State::bad || state_ == State::complete) return state_;
  if (state_ == State::idle) state_ = State::in_head;
  if (!parser_->is_header_done() && is_ambiguous_head()) return refuse(400, "ambiguous line ends");
  for (;;) {
    if (head_checked_ && parser_->chunked() && end_ - begin_ < chunked_rest_min) break;
    boost::beast::error_code error;
    const auto used =
        parser_->put(boost::asio::buffer(buffer_.data() + begin_, end_ - begin_), error);
    begin_ += used;
    (head_checked_ ? body_bytes_ : head_bytes_) += used;
    line_done_ = line_done_ || used > 0;  // Beast takes the head line by line
    if (parser_->is_header_done() && !head_checked_) {
      if (check_head() == State::bad) return state_;
    }
    if (error && error != beast_http::error::need_more) return refuse(error);
    if (head_checked_ && body_bytes_ > framed_max(body_bytes_max_))
      return refuse(413, "body too large");
    if (parser_->is_done()) return finish();
    if (error == beast_http::error::need_more || begin_ == end_ || used == 0) break;
  }
  // Beast counts the head only when it is whole, and a chunk's line never: an endless line must not
  // wait for that.
  if (end_ - begin_ > header_bytes_max_) {
    return parser_->is_header_done() ? refuse(400, "chunk line too long")
                                     : refuse(beast_http::error::header_limit);
  }
  return state_;
}

RequestReader::State RequestReader::finish() {
  // Beast adds trailers to the head's fields, where they would pass for checked ones.
  const auto& message = parser_->get();
  if (message.chunked() && field_count(message) != fields_)
    return refuse(400, "trailers are not taken");
  return state_ = State::complete;
}

// What two readers could take differently, and Beast takes one way: a line end without CR, and a
// line that goes on a former one (RFC 9112 §2.2, §5.2). Looks at the head's whole lines only.
bool RequestReader::is_ambiguous_head() const {
  const std::string_view bytes(buffer_.data() + begin_, end_ - begin_);
  for (std::size_t start = 0, end = bytes.find('\n'); end != std::string_view::npos;
       start = end + 1, end = bytes.find('\n', start)) {
    if (end == start || bytes[end - 1] != '\r') return true;
    if (end == start + 1) return false;  // the empty line: what follows is no head
    if (end + 1 < bytes.size() && (bytes[end + 1] == ' ' || bytes[end + 1] == '\t')) return true;
  }
  return false;
}

// Why the end of this request's body could be taken for another one; empty when it cannot. One walk
// over the fields: a look-up of each name costs more.
std::string_view RequestReader::ambiguity_of_framing() {
  using beast_http::field;
  const auto& message = parser_->get();
  int lengths = 0, codings = 0, hosts = 0;
  boost::beast::string_view length, coding;
  fields_ = 0;
  for (const auto& one : message) {
    ++fields_;
    if (one.name() == field::content_length) ++lengths, length = one.value();
    if (one.name() == field::transfer_encoding) ++codings, coding = one.value();
    if (one.name() == field::host) ++hosts;
  }
  if (lengths + codings > 1) return "more than one body length";
  if (lengths == 1 && length.find_first_not_of("0123456789") != std::string_view::npos)
    return "body length is not one number";
  if (codings == 1 && !boost::beast::iequals(coding, "chunked")) return "unknown transfer coding";
  if (codings == 1 && message.version() == 10) return "chunked in HTTP/1.0";
  if (hosts > 1 || (hosts == 0 && message.version() == 11)) return "exactly one Host is needed";
  return {};
}

RequestReader::State RequestReader::check_head() {
  head_checked_ = true;
  const auto& message = parser_->get();
  state_ = State::in_body;
  // Beast measures the request line and the fields each by themselves when they come at once.
  if (head_bytes_ > header_bytes_max_) return refuse(beast_http::error::header_limit);
  if (message.target().size() > target_bytes_max) return refuse(414, "URI too long");
  if (message.version() != 11 && message.version() != 10)
    return refuse(400, "unsupported HTTP version");
  if (const auto why = ambiguity_of_framing(); !why.empty()) return refuse(400, why);
  parser_->eager(true);  // before, it would go on behind a head that is not checked
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
