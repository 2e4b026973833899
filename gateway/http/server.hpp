#pragma once

#include "gateway/http/admission.hpp"
#include "gateway/http/serving.hpp"
#include "gateway/http/socket.hpp"
#include "gateway/runtime/metrics.hpp"
#include "gateway/runtime/worker.hpp"

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

class Connection;

// An HTTP/1.1 server that faces in, plain or by TLS or both: limits on connections, sizes and
// times, keep-alive and pipelining, one coroutine for each connection on the worker it was given
// to, round robin.
class Server {
 public:
  // Listens at once, so that the port is known and a taken one is a start-up error
  // (std::runtime_error, in Chinese). `workers` must outlive the server. `name` is the metric
  // label.
  Server(Serving serving, std::span<runtime::Worker* const> workers, runtime::Metrics& metrics,
         const std::string& name);
  ~Server();

  std::uint16_t port() const { return port_of(false); }     // 0 when plain HTTP is off
  std::uint16_t tls_port() const { return port_of(true); }  // 0 when TLS is off

  // Begins to accept. Before or after the workers run.
  void start();

  // From now on serves with that: new connections at once, open ones from their next request on;
  // requests in flight finish with what they began with. Addresses, ports and workers stay; so does
  // the certificate when none is given. Returns when every worker has it, so blocking; not from a
  // worker's thread. The workers must be running.
  void adopt(Serving serving);

  // Stops accepting, closes idle connections, lets requests in flight finish for at most `time`,
  // then closes what is left. Blocking; not from a worker's thread. The workers must be running.
  void stop(std::chrono::milliseconds time);

 private:
  friend class Connection;
  template <class Stream>
  friend class StreamConnection;
  struct Lane;  // what belongs to one worker
  struct Listener {
    Acceptor acceptor;
    std::uint16_t port;
    bool is_tls;
  };

  void count_in(runtime::Metrics& metrics, const std::string& name);
  void listen(const std::string& address, std::int64_t port, bool is_tls);
  std::uint16_t port_of(bool is_tls) const;
  runtime::Awaitable<void> accept(Listener& listener);
  void welcome(Socket socket, Lane& lane, bool is_tls);
  template <class Stream>
  runtime::Awaitable<void> serve(Stream stream, Lane& lane, Admission admission);
  void close_all(bool including_busy);

  std::vector<std::unique_ptr<Lane>> lanes_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::atomic<bool> stopping_{false};
  // Accepting coroutines that live: each holds a socket of another worker.
  std::atomic<int> accepting_{0};
  std::mutex mutex_;
  std::shared_ptr<const Serving> serving_;  // guarded by mutex_
  ServerLoad load_;
  runtime::Counter accepted_, over_limit_, timed_out_, handshake_failed_, over_rate_, crowded_out_;
  std::map<std::uint16_t, runtime::Counter> refused_;
};

}  // namespace qnzs::http
