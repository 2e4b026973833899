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

#include <algorithm>
#include <latch>
#include <stdexcept>
#include <thread>

namespace qnzs::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr asio::as_tuple_t<asio::use_awaitable_t<runtime::Executor>> await{};
constexpr int backlog = 1024;

config::IpAddress address_of(const tcp::endpoint& endpoint) {
  const auto address = endpoint.address();
  if (address.is_v6()) return address.to_v6().to_bytes();
  if (address.is_v4())
    return asio::ip::make_address_v6(asio::ip::v4_mapped, address.to_v4()).to_bytes();
  return {};
}

}  // namespace

Server::Server(Serving serving, std::span<runtime::Worker* const> workers,
               runtime::Metrics& metrics, const std::string& name)
    : serving_(std::make_shared<const Serving>(std::move(serving))) {
  for (auto* const worker : workers) lanes_.push_back(std::make_unique<Lane>(*worker, serving_));
  const auto& settings = serving_->settings;
  if (settings.plain) listen(settings.listen_address, settings.listen_port, false);
  if (serving_->certificate) listen(settings.tls_listen_address, settings.tls_listen_port, true);
  count_in(metrics, name);
}

Server::~Server() = default;

void Server::count_in(runtime::Metrics& metrics, const std::string& name) {
  const runtime::Labels labels{{"server", name}};
  const auto counter = [&](const char* metric, const char* help) {
    return metrics.counter(metric, help, labels);
  };
  accepted_ = counter("qnzs_http_connections_total", "Connections accepted.");
  over_limit_ =
      counter("qnzs_http_connections_refused_total", "Connections closed at once: over a limit.");
  timed_out_ = counter("qnzs_http_timeouts_total",
                       "Connections closed because a time limit of theirs ran out.");
  handshake_failed_ =
      counter("qnzs_http_handshakes_failed_total", "Connections that ended before TLS was agreed.");
  over_rate_ = counter("qnzs_http_requests_refused_total",
                       "Requests refused before any handler: their client asks too often, or what "
                       "has not come whole holds too much memory.");
  crowded_out_ = counter("qnzs_http_connections_crowded_out_total",
                         "Connections closed to make room for a new one at connections_max.");
  for (const std::uint16_t status : std::initializer_list<std::uint16_t>{400, 411, 413, 414, 431}) {
    refused_.emplace(status,
                     metrics.counter("qnzs_http_malformed_total",
                                     "Requests refused before any handler, by status.",
                                     {{"server", name}, {"status", std::to_string(status)}}));
  }
  const auto open = metrics.gauge("qnzs_http_connections", "Open connections.", labels);
  const auto ends = metrics.gauge("qnzs_http_certificate_expires_timestamp_seconds",
                                  "When the certificate in use ends; 0 without TLS.", labels);
  metrics.before_exposition([this, open, ends] {
    open.set(static_cast<double>(load_.connections));
    const std::scoped_lock lock(mutex_);
    const auto& certificate = serving_->certificate;
    ends.set(certificate ? static_cast<double>(certificate->ends_at().time_since_epoch().count())
                         : 0.0);
  });
}

void Server::listen(const std::string& address, std::int64_t port, bool is_tls) {
  Acceptor acceptor(lanes_.front()->worker.context());
  boost::system::error_code error;
  const auto parsed = asio::ip::make_address(address, error);
  const tcp::endpoint endpoint(parsed, static_cast<std::uint16_t>(port));
  if (!error) acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(backlog, error);
  if (error) {
    const auto* const prefix = is_tls ? "tls_" : "";
    throw std::runtime_error(
        fmt::format("无法监听 {}:{}（{}）。请检查 {}listen_address 和 {}listen_port："
                    "端口是否已被别的程序占用，地址是否属于本机。",
                    address, port, error.message(), prefix, prefix));
  }
  const auto real = acceptor.local_endpoint().port();
  listeners_.push_back(std::make_unique<Listener>(std::move(acceptor), real, is_tls));
}

std::uint16_t Server::port_of(bool is_tls) const {
  for (const auto& listener : listeners_) {
    if (listener->is_tls == is_tls) return listener->port;
  }
  return 0;
}

void Server::start() {
  for (const auto& listener : listeners_) {
    ++accepting_;
    asio::co_spawn(listener->acceptor.get_executor(), accept(*listener), asio::detached);
  }
}

runtime::Awaitable<void> Server::accept(Listener& listener) {
  auto& acceptor = listener.acceptor;
  for (std::size_t turn = 0; !stopping_; ++turn) {
    auto& lane = *lanes_[turn % lanes_.size()];
    auto [error, socket] = co_await acceptor.async_accept(lane.worker.context(), await);
    if (stopping_ || error == asio::error::operation_aborted) break;
    if (error) {  // out of descriptors or memory: wait until some connection has ended
      runtime::log(schema::Severity::error, "accept_failed", {{"what", error.message()}});
      asio::steady_timer pause(acceptor.get_executor(), std::chrono::milliseconds(100));
      co_await pause.async_wait(asio::as_tuple(asio::use_awaitable_t<runtime::Executor>()));
      continue;
    }
    welcome(std::move(socket), lane, listener.is_tls);
  }
  --accepting_;
}

void Server::welcome(Socket socket, Lane& lane, bool is_tls) {
  boost::system::error_code error;
  const auto peer = address_of(socket.remote_endpoint(error));
  const auto serving = [this] {
    const std::scoped_lock lock(mutex_);
    return serving_;
  }();
  auto admission = error ? std::nullopt : Admission::of(peer, *serving, load_);
  if (!admission) return over_limit_.add();  // the socket closes here
  accepted_.add();
  socket.set_option(tcp::no_delay(true), error);
  const auto executor = socket.get_executor();
  if (is_tls) {
    auto stream = serving->certificate->stream(std::move(socket));
    auto served = serve(std::move(stream), lane, *std::move(admission));
    asio::co_spawn(executor, std::move(served), asio::detached);
  } else {
    auto served = serve(std::move(socket), lane, *std::move(admission));
    asio::co_spawn(executor, std::move(served), asio::detached);
  }
}

template <class Stream>
runtime::Awaitable<void> Server::serve(Stream stream, Lane& lane, Admission admission) {
  if (admission.is_over_connections_max(*lane.serving)) {
    if (!lane.make_room()) {
      over_limit_.add();
      co_return;
    }
    crowded_out_.add();
  }
  StreamConnection<Stream> connection(*this, lane, std::move(stream), std::move(admission));
  co_await connection.serve();
}

void Server::adopt(Serving serving) {
  std::shared_ptr<const Serving> fresh;
  {
    const std::scoped_lock lock(mutex_);
    if (!serving.certificate) serving.certificate = serving_->certificate;
    fresh = serving_ = std::make_shared<const Serving>(std::move(serving));
  }
  std::latch adopted(static_cast<std::ptrdiff_t>(lanes_.size()));
  for (const auto& lane : lanes_) {
    asio::post(lane->worker.context(), [&lane = *lane, &fresh, &adopted] {
      lane.serving = fresh;
      for (auto* connection = lane.first; connection != nullptr; connection = connection->next()) {
        connection->settings_changed();
      }
      adopted.count_down();
    });
  }
  adopted.wait();
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
  for (const auto& listener : listeners_) {
    asio::post(listener->acceptor.get_executor(), [&acceptor = listener->acceptor] {
      boost::system::error_code ignored;
      acceptor.close(ignored);
    });
  }
  const auto until = std::chrono::steady_clock::now() + time;
  const auto last = until + std::chrono::seconds(1);
  while ((accepting_ > 0 || load_.connections > 0) && std::chrono::steady_clock::now() < last) {
    close_all(std::chrono::steady_clock::now() >= until);
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

}  // namespace qnzs::http
