#include "gateway/http/server.hpp"

#include "tests/unit/gateway/http/server_support.hpp"

#include <doctest/doctest.h>
#include <httplib.h>

#include <atomic>
#include <memory>
#include <thread>

namespace http = qnzs::http;
namespace runtime = qnzs::runtime;
using qnzs::tests::Running;
using qnzs::tests::Wire;
using namespace std::chrono_literals;

TEST_CASE("a client posts again and again over one connection") {
  Running running;
  httplib::Client client("127.0.0.1", running.server->port());
  client.set_keep_alive(true);
  for (int i = 0; i < 20; ++i) {
    const auto answer = client.Post("/wechat/henan", "<xml/>" + std::to_string(i), "text/xml");
    REQUIRE(answer);
    CHECK(answer->status == 200);
    CHECK(answer->body == "POST /wechat/henan <xml/>" + std::to_string(i));
    CHECK(answer->get_header_value("Content-Length") == std::to_string(answer->body.size()));
    CHECK_FALSE(answer->has_header("Transfer-Encoding"));
  }
  CHECK(running.metrics.exposition().find("qnzs_http_connections_total{server=\"test\"} 1") !=
        std::string::npos);
}

TEST_CASE("many clients at once are all answered") {
  Running running;
  std::vector<std::jthread> clients;
  std::atomic<int> good{0};
  for (int c = 0; c < 8; ++c) {
    clients.emplace_back([&running, &good, c] {
      httplib::Client client("127.0.0.1", running.server->port());
      client.set_keep_alive(true);
      for (int i = 0; i < 25; ++i) {
        const auto body = std::to_string(c * 1000 + i);
        const auto answer = client.Post("/a", body, "text/plain");
        if (answer && answer->body == "POST /a " + body) ++good;
      }
    });
  }
  clients.clear();
  CHECK(good == 200);
}

TEST_CASE("pipelined requests are answered in order") {
  Running running;
  Wire wire(running.server->port());
  wire.send(
      "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n"
      "GET /3 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  const auto all = wire.read_all();
  const auto one = all.find("GET /1");
  const auto two = all.find("GET /2");
  const auto three = all.find("GET /3");
  CHECK(one < two);
  CHECK(two < three);
  CHECK(three != std::string::npos);
}

TEST_CASE("a refusal by closing sends not one byte") {
  Running running;
  Wire wire(running.server->port());
  wire.send("GET /close HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(wire.read_all().empty());
}

TEST_CASE("an exception in a handler is a 500 and the server lives on") {
  Running running;
  httplib::Client client("127.0.0.1", running.server->port());
  CHECK(client.Get("/bug")->status == 500);
  CHECK(client.Get("/fine")->status == 200);
}

TEST_CASE("malformed requests get their status, a short reason, and the connection closed") {
  qnzs::config::HttpSettings settings;
  settings.body_bytes_max = 100;
  Running running(settings);
  const auto answer = [&running](std::string_view bytes) {
    Wire wire(running.server->port());
    wire.send(bytes);
    return wire.read_all();
  };
  CHECK(answer("nonsense\r\n\r\n").starts_with("HTTP/1.1 400 "));
  CHECK(answer("POST /x HTTP/1.1\r\nHost: h\r\n\r\n").starts_with("HTTP/1.1 411 "));
  CHECK(answer("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 101\r\n\r\n")
            .starts_with("HTTP/1.1 413 "));
  const auto flood =
      "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 5000\r\n\r\n" + std::string(5000, 'x');
  CHECK(answer(flood).starts_with("HTTP/1.1 413 "));
  CHECK(answer("GET /" + std::string(20'000, 'a')).starts_with("HTTP/1.1 414 "));
  CHECK(answer("GET / HTTP/1.1\r\nA: " + std::string(20'000, 'a')).starts_with("HTTP/1.1 431 "));
  CHECK(running.echo->handled == 0);
  CHECK(running.metrics.exposition().find(
            "qnzs_http_malformed_total{server=\"test\",status=\"413\"} 2") != std::string::npos);
}

TEST_CASE("a client that says nothing, or never ends its header or body, is cut off in time") {
  qnzs::config::HttpSettings settings;
  settings.first_byte_ms_max = 200;
  settings.header_ms_max = 200;
  settings.body_ms_max = 200;
  Running running(settings);
  for (const std::string_view start :
       {"", "GET /slow HTTP/1.1\r\nHo",
        "POST /slow HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nab"}) {
    Wire wire(running.server->port());
    wire.send(start);
    const auto before = std::chrono::steady_clock::now();
    CHECK(wire.read_all().empty());
    CHECK(std::chrono::steady_clock::now() - before < 5s);
  }
  CHECK(running.echo->handled == 0);
}

TEST_CASE("100 Continue is sent before the body comes") {
  Running running;
  Wire wire(running.server->port());
  wire.send(
      "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n"
      "Connection: close\r\n\r\n");
  std::this_thread::yield();
  wire.send("ok");
  const auto all = wire.read_all();
  CHECK(all.find("POST /x ok") != std::string::npos);
}

TEST_CASE("a body that never comes after 100 Continue is cut off in time too") {
  qnzs::config::HttpSettings settings;
  settings.body_ms_max = 200;
  Running running(settings);
  Wire wire(running.server->port());
  wire.send("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  const auto before = std::chrono::steady_clock::now();
  CHECK(wire.read_all() == "HTTP/1.1 100 Continue\r\n\r\n");
  CHECK(std::chrono::steady_clock::now() - before < 5s);
}

TEST_CASE("new settings and a new handler serve open connections from their next request on") {
  Running running;
  Wire idle(running.server->port());
  Wire busy(running.server->port());
  idle.send("GET /1 HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(idle.read_some().ends_with("GET /1 "));
  busy.send("GET /wait HTTP/1.1\r\nHost: h\r\n\r\n");
  while (running.echo->handled < 2) std::this_thread::sleep_for(1ms);
  qnzs::config::HttpSettings settings;
  settings.body_bytes_max = 10;
  running.server->adopt({settings, std::make_shared<qnzs::tests::Echo>("new "), {}});
  idle.send("GET /2 HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(idle.read_some().ends_with("new GET /2 "));
  running.echo->go = true;
  CHECK(busy.read_some().ends_with("\r\n\r\nGET /wait "));
  busy.send("GET /3 HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(busy.read_some().ends_with("new GET /3 "));
  idle.send("POST /4 HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\nhello world");
  CHECK(idle.read_all().starts_with("HTTP/1.1 413 "));
}

TEST_CASE("connections over a limit are closed at once") {
  qnzs::config::HttpSettings settings;
  settings.connections_per_address_max = 2;
  Running running(settings);
  httplib::Client first("127.0.0.1", running.server->port());
  httplib::Client second("127.0.0.1", running.server->port());
  first.set_keep_alive(true);
  second.set_keep_alive(true);
  CHECK(first.Get("/1"));
  CHECK(second.Get("/2"));
  Wire third(running.server->port());
  third.send("GET /3 HTTP/1.1\r\nHost: h\r\n\r\n");
  CHECK(third.read_all().empty());
  CHECK(first.Get("/1"));
}

TEST_CASE("stop lets idle connections go and returns in time") {
  auto running = std::make_unique<Running>();
  httplib::Client client("127.0.0.1", running->server->port());
  client.set_keep_alive(true);
  CHECK(client.Get("/1"));
  const auto before = std::chrono::steady_clock::now();
  running.reset();
  CHECK(std::chrono::steady_clock::now() - before < 2s);
}

TEST_CASE("a taken port is a start-up error that says what to do") {
  Running running;
  qnzs::config::HttpSettings settings;
  settings.listen_port = running.server->port();
  runtime::Worker worker;
  std::array<runtime::Worker*, 1> workers{&worker};
  CHECK_THROWS_WITH_AS(
      http::Server({settings, running.echo, {}}, workers, running.metrics, "second"),
      doctest::Contains("listen_port"), std::runtime_error);
}
