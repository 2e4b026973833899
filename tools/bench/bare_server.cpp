// The yardstick of tools/bench: a Beast server that reads each body, looks at nothing and answers
// "success". What the gateway costs more than this is ours.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

#include <cstdio>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;

asio::awaitable<void> serve(tcp::socket socket) {
  boost::beast::flat_buffer buffer;
  try {
    for (;;) {
      http::request<http::string_body> request;
      co_await http::async_read(socket, buffer, request, asio::use_awaitable);
      http::response<http::string_body> answer(http::status::ok, 11);
      answer.set(http::field::content_type, "text/plain");
      answer.body() = "success";
      answer.prepare_payload();
      co_await http::async_write(socket, answer, asio::use_awaitable);
    }
  } catch (const boost::system::system_error&) {
    // The load generator has closed the connection.
  }
}

asio::awaitable<void> accept(tcp::acceptor& acceptor,
                             std::vector<std::unique_ptr<asio::io_context>>& contexts) {
  for (std::size_t turn = 0;; ++turn) {
    auto& context = *contexts[turn % contexts.size()];
    tcp::socket socket(context);
    co_await acceptor.async_accept(socket, asio::use_awaitable);
    socket.set_option(tcp::no_delay(true));
    asio::co_spawn(context, serve(std::move(socket)), asio::detached);
  }
}

}  // namespace

// Prints its port and serves until it is killed.
int main() {
  std::vector<std::unique_ptr<asio::io_context>> contexts;
  for (int i = 0; i < 2; ++i) contexts.push_back(std::make_unique<asio::io_context>(1));
  tcp::acceptor acceptor(*contexts[0], tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  asio::co_spawn(*contexts[0], accept(acceptor, contexts), asio::detached);
  std::printf("%d\n", acceptor.local_endpoint().port());
  std::fflush(stdout);
  const auto work = asio::make_work_guard(*contexts[1]);
  const std::jthread second([&] { contexts[1]->run(); });
  contexts[0]->run();
}
