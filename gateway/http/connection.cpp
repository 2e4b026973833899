#include "gateway/http/connection.hpp"

#include "gateway/http/answer.hpp"
#include "gateway/runtime/log.hpp"
#include "schema/crypto.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <chrono>
#include <exception>

namespace qnzs::http {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;

constexpr asio::as_tuple_t<asio::use_awaitable_t<runtime::Executor>> await{};
constexpr milliseconds linger_ms_max{1000};
constexpr std::size_t linger_bytes_max = 256 * 1024;

}  // namespace

std::string_view Server::Lane::date_now(std::int64_t unix_seconds) {
  if (unix_seconds != date_second) {
    date_second = unix_seconds;
    date = imf_fixdate(unix_seconds);
  }
  return date;
}

Connection::Connection(Server& server, Server::Lane& lane, std::string client)
    : Deadline(lane.worker.deadlines()),
      server_(server),
      lane_(lane),
      serving_(lane.serving),
      client_(std::move(client)),
      reader_(serving_->settings),
      next_(lane.first) {
  if (next_ != nullptr) next_->previous_ = this;
  lane_.first = this;
}

Connection::~Connection() {
  if (previous_ != nullptr) previous_->next_ = next_;
  if (next_ != nullptr) next_->previous_ = previous_;
  if (lane_.first == this) lane_.first = next_;
  server_.release(client_);
}

void Connection::close(bool even_busy) {
  if (!even_busy && phase_ != Phase::idle) return;
  boost::system::error_code ignored;
  socket().close(ignored);
}

void Connection::expired() {
  server_.timed_out_.add();
  close(true);
}

const config::HttpSettings& Connection::refresh() {
  if (serving_ != lane_.serving) {
    serving_ = lane_.serving;
    reader_.limit(serving_->settings);
  }
  return serving_->settings;
}

void Connection::settings_changed() {
  if (phase_ != Phase::idle) return;
  const auto& settings = refresh();
  reader_.next();
  arm(milliseconds(settings.idle_ms_max));
}

void Connection::render_answer(const adapters::HttpReply& reply, Now now, bool keeps_alive) {
  out_.clear();
  const auto second = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  render(reply, lane_.date_now(second), keeps_alive, reader_.is_head_request(), out_);
}

void Connection::render_refusal(const BadRequest& problem) {
  if (const auto found = server_.refused_.find(problem.status); found != server_.refused_.end()) {
    found->second.add();
  }
  render_answer(plain_answer(problem.status, problem.reason), std::chrono::system_clock::now(),
                false);
}

template <class Stream>
StreamConnection<Stream>::StreamConnection(Server& server, Server::Lane& lane, Stream stream,
                                           std::string client)
    : Connection(server, lane, std::move(client)), stream_(std::move(stream)) {}

template <class Stream>
Socket& StreamConnection<Stream>::socket() {
  if constexpr (is_tls) {
    return stream_.next_layer();
  } else {
    return stream_;
  }
}

template <class Stream>
runtime::Awaitable<void> StreamConnection<Stream>::serve() {
  if constexpr (is_tls) {
    if (!co_await handshake()) co_return;
  }
  while (co_await read_request()) {
    const auto served = co_await handle_request();
    if (served == Served::last || server_.stopping_) break;
    reader_.next();
  }
  const bool is_bad = reader_.state() == RequestReader::State::bad;
  if (is_bad) render_refusal(reader_.problem());
  if (is_bad && !co_await write(out_)) co_return;
  if constexpr (is_tls) {
    if (phase_ == Phase::writing) co_await say_goodbye();
  }
  if (is_bad) co_await linger();
}

template <class Stream>
runtime::Awaitable<bool> StreamConnection<Stream>::handshake()
  requires is_tls
{
  phase_ = Phase::reading;
  arm(milliseconds(serving_->settings.tls_handshake_ms_max));
  const auto [error] = co_await stream_.async_handshake(Stream::server, await);
  disarm();
  if (error) server_.handshake_failed_.add();
  co_return !error;
}

// TLS's own end of what we send: without it the other side must take the answer for a cut one.
template <class Stream>
runtime::Awaitable<void> StreamConnection<Stream>::say_goodbye()
  requires is_tls
{
  arm(linger_ms_max);
  co_await stream_.async_shutdown(await);
  disarm();
}

// True when there is a whole request. False: the other side has gone, a time ran out, or it is bad.
template <class Stream>
runtime::Awaitable<bool> StreamConnection<Stream>::read_request() {
  using State = RequestReader::State;
  phase_ = Phase::idle;
  const auto& settings = refresh();
  auto state = reader_.resume();
  arm(milliseconds(settings.idle_ms_max));
  for (auto before = State::idle; state != State::complete && state != State::bad;) {
    if (reader_.wants_continue() && !co_await write("HTTP/1.1 100 Continue\r\n\r\n"))
      co_return false;
    if (state != before) {
      phase_ = Phase::reading;
      const auto& now = serving_->settings;
      arm(milliseconds(state == State::in_head ? now.header_ms_max : now.body_ms_max));
    }
    before = state;
    const auto space = reader_.space();
    const auto buffer = asio::buffer(space.data(), space.size());
    const auto [error, bytes] = co_await stream_.async_read_some(buffer, await);
    if (error) co_return false;
    state = reader_.commit(bytes);
  }
  disarm();
  co_return state == State::complete;
}

template <class Stream>
runtime::Awaitable<Connection::Served> StreamConnection<Stream>::handle_request() {
  phase_ = Phase::handling;
  refresh();
  auto request = reader_.request();
  const auto now = std::chrono::system_clock::now();
  request.received_at = {.at = std::chrono::floor<milliseconds>(now)};
  schema::crypto::random_bytes(request.random);
  request.client = client_;
  Outcome outcome;
  try {
    outcome = co_await serving_->handler->handle(request, lane_.worker);
  } catch (const std::exception& bug) {
    runtime::log(schema::Severity::error, "request_failed", {{"what", bug.what()}});
    outcome = plain_answer(500, "internal error");
  }
  const auto* const reply = std::get_if<adapters::HttpReply>(&outcome);
  if (reply == nullptr) {
    close(true);
    co_return Served::last;
  }
  const bool keeps_alive = reader_.keeps_alive() && !server_.stopping_;
  render_answer(*reply, now, keeps_alive);
  const bool is_written = co_await write(out_);
  co_return is_written&& keeps_alive ? Served::again : Served::last;
}

template <class Stream>
runtime::Awaitable<bool> StreamConnection<Stream>::write(std::string_view bytes) {
  phase_ = Phase::writing;
  arm(milliseconds(serving_->settings.write_ms_max));
  const auto buffer = asio::buffer(bytes.data(), bytes.size());
  const auto [error, written] = co_await asio::async_write(stream_, buffer, await);
  disarm();
  co_return !error && written == bytes.size();
}

// Reads on for a moment after a refusal: closing with unread bytes would reset the connection and
// take the answer with it.
template <class Stream>
runtime::Awaitable<void> StreamConnection<Stream>::linger() {
  boost::system::error_code ignored;
  socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  arm(linger_ms_max);
  for (std::size_t total = 0; total < linger_bytes_max;) {
    const auto space = reader_.space();
    const auto buffer = asio::buffer(space.data(), space.size());
    const auto [error, bytes] = co_await socket().async_read_some(buffer, await);
    if (error) break;
    total += bytes;
  }
}

template class StreamConnection<Socket>;
template class StreamConnection<TlsStream>;

}  // namespace qnzs::http
