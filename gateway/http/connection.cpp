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

bool Server::Lane::make_room() {
  Connection* idle = nullptr;
  int looked_at = 0;
  for (auto* one = last; one != nullptr && looked_at < looked_at_max; one = one->previous()) {
    ++looked_at;
    if (!one->is_dispensable()) continue;
    if (one->is_stranger()) {
      one->close(true);
      return true;
    }
    if (idle == nullptr) idle = one;
  }
  if (idle != nullptr) idle->close(true);
  return idle != nullptr;
}

Connection::Connection(Server& server, Server::Lane& lane, Admission admission)
    : Deadline(lane.worker.deadlines()),
      server_(server),
      lane_(lane),
      serving_(lane.serving),
      admission_(std::move(admission)),
      reader_(serving_->settings),
      next_(lane.first) {
  (next_ != nullptr ? next_->previous_ : lane_.last) = this;
  lane_.first = this;
}

Connection::~Connection() {
  (previous_ != nullptr ? previous_->next_ : lane_.first) = next_;
  (next_ != nullptr ? next_->previous_ : lane_.last) = previous_;
}

void Connection::close(bool even_busy) {
  if (!even_busy && phase_ != Phase::idle) return;
  boost::system::error_code ignored;
  socket().close(ignored);
}

bool Connection::is_dispensable() {
  const bool has_begun = phase_ != Phase::idle && !(phase_ == Phase::reading && is_stranger());
  return !has_begun && socket().is_open();
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

milliseconds Connection::wait_max() const {
  const auto& settings = serving_->settings;
  return milliseconds(is_stranger() ? settings.first_byte_ms_max : settings.idle_ms_max);
}

void Connection::settings_changed() {
  if (phase_ != Phase::idle) return;
  refresh();
  reader_.next();
  arm(wait_max());
}

adapters::HttpRequest Connection::next_request(Now now) {
  auto request = reader_.request();
  request.received_at = {.at = std::chrono::floor<milliseconds>(now)};
  schema::crypto::random_bytes(request.random);
  admission_.identify(request.headers, *serving_);
  request.client = admission_.client();
  return request;
}

bool Connection::goes_on() {
  if (!reader_.keeps_alive()) return false;
  lingers_ = server_.stopping_ || requests_ >= serving_->settings.requests_per_connection_max;
  return !lingers_;
}

void Connection::render_answer(const adapters::HttpReply& reply, Now now, bool keeps_alive) {
  out_.clear();
  const auto second = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  render(reply, lane_.date_now(second), keeps_alive, reader_.is_head_request(), out_);
}

template <class Stream>
StreamConnection<Stream>::StreamConnection(Server& server, Server::Lane& lane, Stream stream,
                                           Admission admission)
    : Connection(server, lane, std::move(admission)), stream_(std::move(stream)) {}

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
  for (;;) {
    const auto read = co_await read_request();
    if (read == Read::gone) co_return;
    const bool goes_on =
        read == Read::whole ? co_await handle_request() : co_await refuse_request(read);
    if (!goes_on) break;
    reader_.next();
  }
  if (!socket().is_open()) co_return;
  if constexpr (is_tls) co_await say_goodbye();
  if (lingers_) co_await linger();
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

template <class Stream>
runtime::Awaitable<Connection::Read> StreamConnection<Stream>::read_request() {
  using State = RequestReader::State;
  phase_ = Phase::idle;
  refresh();
  auto state = reader_.resume();
  arm(wait_max());
  for (auto before = State::idle; state != State::complete && state != State::bad;) {
    if (reader_.wants_continue() && !co_await write("HTTP/1.1 100 Continue\r\n\r\n"))
      co_return Read::gone;
    if (state != before) {
      phase_ = Phase::reading;
      const auto& settings = serving_->settings;
      arm(milliseconds(state == State::in_head ? settings.header_ms_max : settings.body_ms_max));
    }
    before = state;
    const auto space = reader_.space();
    const auto buffer = asio::buffer(space.data(), space.size());
    const auto [error, bytes] = co_await stream_.async_read_some(buffer, await);
    if (error) co_return Read::gone;
    state = reader_.commit(bytes);
    if (state == State::in_body && !admission_.hold(reader_.held_bytes(), *serving_))
      co_return Read::crowded;
  }
  admission_.hold(0, *serving_);
  disarm();
  co_return state == State::complete ? Read::whole : Read::bad;
}

template <class Stream>
runtime::Awaitable<bool> StreamConnection<Stream>::handle_request() {
  phase_ = Phase::handling;
  ++requests_;
  refresh();
  const auto now = std::chrono::system_clock::now();
  const auto request = next_request(now);
  const auto wait = admission_.seconds_over_rate(*serving_, Admission::Clock::now());
  if (wait > 0) co_return co_await refuse_over_limit(request, now, wait);
  Outcome outcome;
  try {
    outcome = co_await serving_->handler->handle(request, lane_.worker);
  } catch (const std::exception& bug) {
    runtime::log(schema::Severity::error, "request_failed", {{"what", bug.what()}});
    outcome = plain_answer(500, "internal error");
  }
  co_return co_await answer(outcome, now, goes_on());
}

template <class Stream>
runtime::Awaitable<bool> StreamConnection<Stream>::refuse_request(Read why) {
  const auto now = std::chrono::system_clock::now();
  lingers_ = true;
  if (why == Read::crowded) co_return co_await refuse_over_limit(next_request(now), now, 1);
  const auto& problem = reader_.problem();
  if (const auto found = server_.refused_.find(problem.status); found != server_.refused_.end())
    found->second.add();
  co_return co_await answer(plain_answer(problem.status, problem.reason), now, false);
}

template <class Stream>
runtime::Awaitable<bool> StreamConnection<Stream>::refuse_over_limit(
    const adapters::HttpRequest& request, Now now, std::uint32_t retry_after_seconds) {
  lingers_ = true;
  server_.over_rate_.add();
  runtime::log(schema::Severity::warning, "request_over_limit",
               {{"client", request.client}, {"retry_after_seconds", retry_after_seconds}});
  co_return co_await answer(serving_->handler->over_limit(request, retry_after_seconds), now,
                            false);
}

template <class Stream>
runtime::Awaitable<bool> StreamConnection<Stream>::answer(const Outcome& outcome, Now now,
                                                          bool keeps_alive) {
  const auto* const reply = std::get_if<adapters::HttpReply>(&outcome);
  if (reply == nullptr) {
    close(true);
    co_return false;
  }
  render_answer(*reply, now, keeps_alive);
  const bool is_written = co_await write(out_);
  co_return is_written&& keeps_alive;
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
