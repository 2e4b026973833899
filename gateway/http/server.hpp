#pragma once

#include "config/gateway.hpp"
#include "gateway/http/handler.hpp"
#include "gateway/runtime/metrics.hpp"
#include "gateway/runtime/worker.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace qnzs::http {

using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, runtime::Executor>;
using Acceptor = boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, runtime::Executor>;

class Connection;

// An HTTP/1.1 server that faces in: limits on connections, sizes and times, keep-alive and
// pipelining, one coroutine for each connection on the worker it was given to, round robin.
class Server {
 public:
  // Listens at once, so that the port is known and a taken one is a start-up error
  // (std::runtime_error, in Chinese). `settings`, `handler` and `workers` must outlive the server.
  // `name` is the metric label.
  Server(const config::HttpSettings& settings, Handler& handler,
         std::span<runtime::Worker* const> workers, runtime::Metrics& metrics,
         const std::string& name);
  ~Server();

  std::uint16_t port() const { return port_; }

  // Begins to accept. Before or after the workers run.
  void start();

  // Stops accepting, closes idle connections, lets requests in flight finish for at most `time`,
  // then closes what is left. Blocking; not from a worker's thread. The workers must be running.
  void stop(std::chrono::milliseconds time);

 private:
  friend class Connection;
  struct Lane;  // what belongs to one worker

  runtime::Awaitable<void> accept();
  runtime::Awaitable<void> serve(Socket socket, Lane& lane, std::string client);
  bool admit(const std::string& client);
  void release(const std::string& client);
  void close_all(bool including_busy);

  const config::HttpSettings& settings_;
  Handler& handler_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  Acceptor acceptor_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  // The accepting coroutine lives: it holds a socket of another worker.
  std::atomic<bool> accepting_{false};
  std::mutex mutex_;
  std::map<std::string, std::int64_t, std::less<>> by_client_;  // guarded by mutex_
  std::atomic<std::int64_t> connections_{0};
  runtime::Counter accepted_, over_limit_, timed_out_;
  std::map<std::uint16_t, runtime::Counter> refused_;
};

}  // namespace qnzs::http
