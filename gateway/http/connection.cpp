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

Connection::Connection(Server& server, Server::Lane& lane, Socket socket, std::string client)
    : Deadline(lane.worker.deadlines()),
      server_(server),
      lane_(lane),
      socket_(std::move(socket)),
      client_(std::move(client)),
      reader_(server.settings_),
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
  socket_.close(ignored);
}

void Connection::expired() {
  server_.timed_out_.add();
  close(true);
}

runtime::Awaitable<void> Connection::serve() {
  while (co_await read_request()) {
    const auto served = co_await handle_request();
    if (served == Served::last || server_.stopping_) break;
    reader_.next();
  }
  if (reader_.state() == RequestReader::State::bad) co_await refuse_and_linger(reader_.problem());
}

// True when there is a whole request. False: the other side has gone, a time ran out, or it is bad.
runtime::Awaitable<bool> Connection::read_request() {
  using State = RequestReader::State;
  const auto& settings = server_.settings_;
  phase_ = Phase::idle;
  auto state = reader_.resume();
  arm(milliseconds(state == State::idle ? settings.idle_ms_max : settings.header_ms_max));
  for (auto before = State::idle; state != State::complete && state != State::bad;) {
    if (state != before && state == State::in_head) arm(milliseconds(settings.header_ms_max));
    if (state != before && state == State::in_body) arm(milliseconds(settings.body_ms_max));
    before = state;
    if (state != State::idle) phase_ = Phase::reading;
    if (reader_.wants_continue() && !co_await write("HTTP/1.1 100 Continue\r\n\r\n"))
      co_return false;
    const auto space = reader_.space();
    const auto buffer = asio::buffer(space.data(), space.size());
    const auto [error, bytes] = co_await socket_.async_read_some(buffer, await);
    if (error) co_return false;
    state = reader_.commit(bytes);
  }
  disarm();
  co_return state == State::complete;
}

runtime::Awaitable<Connection::Served> Connection::handle_request() {
  phase_ = Phase::handling;
  auto request = reader_.request();
  const auto now = std::chrono::floor<milliseconds>(std::chrono::system_clock::now());
  request.received_at = {.at = now};
  schema::crypto::random_bytes(request.random);
  request.client = client_;
  Outcome outcome;
  try {
    outcome = co_await server_.handler_.handle(request, lane_.worker);
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
  out_.clear();
  const auto second = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  render(*reply, lane_.date_now(second), keeps_alive, reader_.is_head_request(), out_);
  const bool is_written = co_await write(out_);
  co_return is_written&& keeps_alive ? Served::again : Served::last;
}

runtime::Awaitable<bool> Connection::write(std::string_view bytes) {
  phase_ = Phase::writing;
  arm(milliseconds(server_.settings_.write_ms_max));
  const auto buffer = asio::buffer(bytes.data(), bytes.size());
  const auto [error, written] = co_await asio::async_write(socket_, buffer, await);
  disarm();
  co_return !error && written == bytes.size();
}

// Answers what cannot be served, then reads on for a moment: closing with unread bytes would reset
// the connection and take the answer with it.
runtime::Awaitable<void> Connection::refuse_and_linger(BadRequest problem) {
  if (const auto found = server_.refused_.find(problem.status); found != server_.refused_.end()) {
    found->second.add();
  }
  out_.clear();
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  render(plain_answer(problem.status, problem.reason),
         lane_.date_now(now.time_since_epoch().count()), false, false, out_);
  if (!co_await write(out_)) co_return;
  boost::system::error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  arm(linger_ms_max);
  for (std::size_t total = 0; total < linger_bytes_max;) {
    const auto space = reader_.space();
    const auto buffer = asio::buffer(space.data(), space.size());
    const auto [error, bytes] = co_await socket_.async_read_some(buffer, await);
    if (error) break;
    total += bytes;
  }
}

}  // namespace qnzs::http
