#include "gateway/http/admission.hpp"

#include "tests/unit/gateway/http/server_support.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <thread>
#include <vector>

using qnzs::config::HttpSettings;
using qnzs::tests::Running;
using qnzs::tests::Wire;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view get = "GET /x HTTP/1.1\r\nHost: h\r\n\r\n";

std::string get_for(const std::string& client) {
  return "GET /x HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: " + client + "\r\n\r\n";
}

void expect_served(Running& running) {
  Wire honest(running.server->port());
  honest.send(get);
  CHECK(honest.read_some().starts_with("HTTP/1.1 200 "));
}

}  // namespace

TEST_CASE("who asks too often gets 429 with Retry-After and others are served") {
  HttpSettings settings;
  settings.requests_per_second_per_address_max = 5;
  Running running(settings);
  Wire fast(running.server->port());
  std::string answers;
  for (int i = 0; i < 9; ++i) {  // and one for the connection: ten in two seconds
    fast.send(get);
    answers = fast.read_some();
    REQUIRE(answers.starts_with("HTTP/1.1 200 "));
  }
  fast.send(get);
  answers = fast.read_all();
  CHECK(answers.starts_with("HTTP/1.1 429 "));
  CHECK(answers.contains("Retry-After: 1\r\n"));
  CHECK(answers.contains("Connection: close\r\n"));
  CHECK(running.echo->handled == 9);
  Wire again(running.server->port());
  CHECK(again.read_all().empty());  // closed at once: nobody has asked anything yet
  Wire other(running.server->port(), "127.0.0.2");
  other.send(get);
  CHECK(other.read_some().starts_with("HTTP/1.1 200 "));
}

TEST_CASE("behind a trusted proxy the limit and the name are the client's") {
  HttpSettings settings;
  settings.requests_per_second_per_address_max = 2;
  settings.connections_per_address_max = 1;
  settings.trusted_proxies = {"127.0.0.1"};
  Running running(settings);
  Wire first(running.server->port());
  Wire second(running.server->port());  // the proxy's connections are not counted
  for (int i = 0; i < 4; ++i) {
    first.send(get_for("203.0.113.7"));
    CHECK(first.read_some().starts_with("HTTP/1.1 200 "));
    CHECK(running.echo->last_client() == "203.0.113.7");
  }
  second.send(get_for("203.0.113.8"));
  CHECK(second.read_some().starts_with("HTTP/1.1 200 "));
  second.send(get_for("203.0.113.7"));
  CHECK(second.read_some().starts_with("HTTP/1.1 429 "));
}

TEST_CASE("a stranger's X-Forwarded-For is not believed") {
  HttpSettings settings;
  settings.trusted_proxies = {"127.0.0.2"};
  Running running(settings);
  Wire wire(running.server->port());
  wire.send(get_for("203.0.113.7"));
  CHECK(wire.read_some().starts_with("HTTP/1.1 200 "));
  CHECK(running.echo->last_client() == "127.0.0.1");
}

TEST_CASE("a connection ends after its share of requests, with every one of them answered") {
  HttpSettings settings;
  settings.requests_per_connection_max = 3;
  Running running(settings);
  Wire wire(running.server->port());
  for (int i = 0; i < 5; ++i) wire.send(get);
  const auto answers = wire.read_all();
  CHECK(running.echo->handled == 3);
  CHECK(answers.find("Connection: close") > answers.rfind("HTTP/1.1 200"));
  CHECK(answers.ends_with("GET /x "));
}

TEST_CASE("at connections_max the oldest that has said nothing makes room for a newcomer") {
  HttpSettings settings;
  settings.connections_max = 4;
  Running running(settings);
  Wire served(running.server->port());
  served.send(get);
  CHECK(served.read_some().starts_with("HTTP/1.1 200 "));
  std::vector<std::unique_ptr<Wire>> silent;
  for (int i = 0; i < 40; ++i) {
    silent.push_back(
        std::make_unique<Wire>(running.server->port(), "127.0.1." + std::to_string(i + 1)));
    silent.back()->send("GET /slow");
  }
  expect_served(running);
  CHECK(silent.front()->read_all().empty());
  served.send(get);
  CHECK(served.read_some().starts_with("HTTP/1.1 200 "));
}

TEST_CASE("at connections_max room is made for who has few connections, not for who has many") {
  HttpSettings settings;
  settings.connections_max = 32;
  Running running(settings);
  std::vector<std::unique_ptr<Wire>> greedy;
  for (int i = 0; i < 32; ++i)
    greedy.push_back(std::make_unique<Wire>(running.server->port(), "127.0.0.2"));
  while (running.open_connections() < 32) std::this_thread::sleep_for(1ms);
  Wire more(running.server->port(), "127.0.0.2");
  CHECK(more.has_answer(2s));  // closed at once, not when its time for the first byte is over
  CHECK(more.read_all().empty());
  expect_served(running);
}

TEST_CASE("bodies that do not end are bounded in sum, and small ones are served all the same") {
  HttpSettings settings;
  settings.unfinished_mib_max = 1;
  Running running(settings);
  std::vector<std::unique_ptr<Wire>> slow;
  for (int i = 0; i < 4; ++i) {
    slow.push_back(std::make_unique<Wire>(running.server->port()));
    slow.back()->send("POST /slow HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n" +
                      std::string(400'000, 'x'));
  }
  Wire honest(running.server->port());
  honest.send("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello");
  CHECK(honest.read_some().ends_with("POST /x hello"));
  int refused = 0;
  for (const auto& wire : slow) refused += wire->has_answer(2s) ? 1 : 0;
  CHECK(refused >= 2);  // more, when they grow together
  slow.clear();
  for (int i = 0; i < 20; ++i) {  // what they held is given back
    Wire big(running.server->port());
    big.send("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 900000\r\nConnection: close\r\n\r\n" +
             std::string(900'000, 'x'));
    CHECK(big.read_all().starts_with("HTTP/1.1 200 "));
  }
}

TEST_CASE("a reader that takes nothing is cut off in time") {
  HttpSettings settings;
  settings.write_ms_max = 300;
  settings.requests_per_second_per_address_max = 1'000'000;
  Running running(settings);
  Wire slow(running.server->port());
  const auto before = std::chrono::steady_clock::now();
  const std::string body(60'000, 'x');
  const auto request = "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 60000\r\n\r\n" + body;
  while (slow.send(request)) {
  }
  CHECK(std::chrono::steady_clock::now() - before < 8s);
  expect_served(running);
}

TEST_CASE("a new connection has its own time for the first byte") {
  HttpSettings settings;
  settings.first_byte_ms_max = 200;
  Running running(settings);
  Wire served(running.server->port());
  served.send(get);
  CHECK(served.read_some().starts_with("HTTP/1.1 200 "));
  Wire silent(running.server->port());
  CHECK(silent.read_all().empty());
  served.send(get);
  CHECK(served.read_some().starts_with("HTTP/1.1 200 "));
}

TEST_CASE("a kept connection that asks nothing more is closed after its idle time, not before") {
  HttpSettings settings;
  settings.idle_ms_max = 300;
  settings.first_byte_ms_max = 60'000;
  Running running(settings);
  Wire kept(running.server->port());
  for (int i = 0; i < 3; ++i) {
    kept.send(get);
    CHECK(kept.read_some().starts_with("HTTP/1.1 200 "));
    std::this_thread::sleep_for(50ms);
  }
  const auto before = std::chrono::steady_clock::now();
  CHECK(kept.read_all().empty());
  const auto waited = std::chrono::steady_clock::now() - before;
  CHECK(waited > 150ms);
  CHECK(waited < 5s);
}
