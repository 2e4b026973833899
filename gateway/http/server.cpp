#include "gateway/http/server.hpp"

#include "gateway/http/connection.hpp"
#include "gateway/runtime/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include <stdexcept>
#include <thread>

namespace qnzs::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr asio::as_tuple_t<asio::use_awaitable_t<runtime::Executor>> await{};
constexpr int backlog = 1024;

std::uint16_t listen(Acceptor& acceptor, const std::string& address, std::int64_t port) {
  boost::system::error_code error;
  const auto parsed = asio::ip::make_address(address, error);
  const tcp::endpoint endpoint(parsed, static_cast<std::uint16_t>(port));
  if (!error) acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(backlog, error);
  if (error) {
    throw std::runtime_error(
        fmt::format("无法监听 {}:{}（{}）。请检查 listen_address 和 listen_port："
                    "端口是否已被别的程序占用，地址是否属于本机。",
                    address, port, error.message()));
  }
  return acceptor.local_endpoint().port();
}

}  // namespace

Server::Server(const config::HttpSettings& settings, Handler& handler,
               std::span<runtime::Worker* const> workers, runtime::Metrics& metrics,
               const std::string& name)
    : settings_(settings), handler_(handler), acceptor_(workers.front()->context()) {
  for (auto* const worker : workers) lanes_.push_back(std::make_unique<Lane>(*worker));
  port_ = listen(acceptor_, settings.listen_address, settings.listen_port);
  accepted_ =
      metrics.counter("qnzs_http_connections_total", "Connections accepted.", {{"server", name}});
  over_limit_ = metrics.counter("qnzs_http_connections_refused_total",
                                "Connections closed at once: over a limit.", {{"server", name}});
  timed_out_ = metrics.counter("qnzs_http_timeouts_total",
                               "Connections closed because a time limit of theirs ran out.",
                               {{"server", name}});
  for (const std::uint16_t status : std::initializer_list<std::uint16_t>{400, 411, 413, 414, 431}) {
    refused_.emplace(status,
                     metrics.counter("qnzs_http_malformed_total",
                                     "Requests refused before any handler, by status.",
                                     {{"server", name}, {"status", std::to_string(status)}}));
  }
  const auto open = metrics.gauge("qnzs_http_connections", "Open connections.", {{"server", name}});
  metrics.before_exposition([this, open] { open.set(static_cast<double>(connections_)); });
}

Server::~Server() = default;

void Server::start() {
  accepting_ = true;
  asio::co_spawn(acceptor_.get_executor(), accept(), asio::detached);
}

runtime::Awaitable<void> Server::accept() {
  for (std::size_t turn = 0; !stopping_; ++turn) {
    auto& lane = *lanes_[turn % lanes_.size()];
    auto [error, socket] = co_await acceptor_.async_accept(lane.worker.context(), await);
    if (stopping_ || error == asio::error::operation_aborted) break;
    if (error) {  // out of descriptors or memory: wait until some connection has ended
      runtime::log(schema::Severity::error, "accept_failed", {{"what", error.message()}});
      asio::steady_timer pause(acceptor_.get_executor(), std::chrono::milliseconds(100));
      co_await pause.async_wait(asio::as_tuple(asio::use_awaitable_t<runtime::Executor>()));
      continue;
    }
    boost::system::error_code ignored;
    auto client = socket.remote_endpoint(ignored).address().to_string();
    if (!admit(client)) {
      over_limit_.add();
      continue;  // the socket closes here
    }
    accepted_.add();
    socket.set_option(tcp::no_delay(true), ignored);
    const auto executor = socket.get_executor();
    auto serving = serve(std::move(socket), lane, std::move(client));
    asio::co_spawn(executor, std::move(serving), asio::detached);
  }
  accepting_ = false;
}

runtime::Awaitable<void> Server::serve(Socket socket, Lane& lane, std::string client) {
  Connection connection(*this, lane, std::move(socket), std::move(client));
  co_await connection.serve();
}

bool Server::admit(const std::string& client) {
  if (connections_ >= settings_.connections_max) return false;
  const std::scoped_lock lock(mutex_);
  auto& count = by_client_[client];
  if (count >= settings_.connections_per_address_max) return false;
  ++count;
  ++connections_;
  return true;
}

void Server::release(const std::string& client) {
  const std::scoped_lock lock(mutex_);
  if (const auto found = by_client_.find(client);
      found != by_client_.end() && --found->second == 0) {
    by_client_.erase(found);
  }
  --connections_;
}

void Server::close_all(bool including_busy) {
  for (const auto& lane : lanes_) {
    asio::post(lane->worker.context(), [&lane = *lane, including_busy] {
      for (auto* connection = lane.first; connection != nullptr; connection = connection->next()) {
        connection->close(including_busy);
      }
    });
  }
}

void Server::stop(std::chrono::milliseconds time) {
  stopping_ = true;
  asio::post(acceptor_.get_executor(), [this] {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
  });
  const auto until = std::chrono::steady_clock::now() + time;
  const auto last = until + std::chrono::seconds(1);
  while ((accepting_ || connections_ > 0) && std::chrono::steady_clock::now() < last) {
    close_all(std::chrono::steady_clock::now() >= until);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

}  // namespace qnzs::http
