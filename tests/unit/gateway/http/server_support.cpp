#include "tests/unit/gateway/http/server_support.hpp"

#include "gateway/http/answer.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <stdexcept>

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

double Running::metric(const std::string& name) {
  const auto sample = "\n" + name + "{server=\"test\"} ";
  const auto text = metrics.exposition();
  const auto at = text.find(sample);
  return at == std::string::npos ? -1 : std::stod(text.substr(at + sample.size()));
}

Running::~Running() {
  server->stop(2s);
  for (auto& worker : workers) worker.stop();
  threads.clear();
}

}  // namespace qnzs::tests
