#include "tests/unit/gateway/http/server_support.hpp"

#include "gateway/http/answer.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace qnzs::tests {

runtime::Awaitable<http::Outcome> Echo::handle(const adapters::HttpRequest& request,
                                               runtime::Worker& worker) {
  ++handled;
  {
    const std::scoped_lock lock(mutex_);
    last_client_ = request.client;
  }
  if (request.path == "/close") co_return http::Close{};
  if (request.path == "/bug") throw std::runtime_error("a bug");
  while (request.path == "/wait" && !go) {
    asio::steady_timer timer(worker.context(), 5ms);
    co_await timer.async_wait(asio::use_awaitable_t<runtime::Executor>());
  }
  std::string text = prefix_;
  text.append(request.method).append(" ").append(request.path).append(" ").append(request.body);
  co_return http::plain_answer(200, text);
}

std::string Echo::last_client() const {
  const std::scoped_lock lock(mutex_);
  return last_client_;
}

Running::Running(config::HttpSettings settings, std::optional<http::TlsCertificate> certificate) {
  settings.listen_port = 0;
  settings.tls_listen_port = 0;
  for (auto& worker : workers) pointers.push_back(&worker);
  server = std::make_unique<http::Server>(http::Serving{settings, echo, std::move(certificate)},
                                          pointers, metrics, "test");
  server->start();
  for (auto& worker : workers) threads.emplace_back([&worker] { worker.run(); });
}

Running::~Running() {
  server->stop(2s);
  for (auto& worker : workers) worker.stop();
  threads.clear();
}

Wire::Wire(std::uint16_t port, const std::string& from)
    : descriptor_(::socket(AF_INET, SOCK_STREAM, 0)) {
  timeval patience{.tv_sec = 10, .tv_usec = 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  ::inet_pton(AF_INET, from.c_str(), &address.sin_addr);
  const auto* const generic = reinterpret_cast<const sockaddr*>(&address);
  if (::bind(descriptor_, generic, sizeof address) != 0) throw std::runtime_error("bind");
  ::inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
  address.sin_port = htons(port);
  if (::connect(descriptor_, generic, sizeof address) != 0) throw std::runtime_error("connect");
}

Wire::~Wire() {
  ::close(descriptor_);
}

bool Wire::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::string Wire::read_some() {
  std::array<char, 4096> piece{};
  const auto read = ::recv(descriptor_, piece.data(), piece.size(), 0);
  return read <= 0 ? std::string() : std::string(piece.data(), static_cast<std::size_t>(read));
}

bool Wire::has_answer(std::chrono::milliseconds time_max) {
  pollfd waits{.fd = descriptor_, .events = POLLIN, .revents = 0};
  return ::poll(&waits, 1, static_cast<int>(time_max.count())) > 0;
}

std::string Wire::read_all() {
  std::string all;
  for (auto piece = read_some(); !piece.empty(); piece = read_some()) all += piece;
  return all;
}

}  // namespace qnzs::tests
