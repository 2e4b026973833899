#include "gateway/http/client.hpp"

#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>
#include <httplib.h>

#include <atomic>
#include <cstdlib>
#include <optional>
#include <string>
#include <thread>

using namespace std::chrono_literals;
using qnzs::http::execute;
using qnzs::schema::Fault;
using Clock = std::chrono::steady_clock;

namespace {

// A platform on loopback for as long as it lives.
struct Platform {
  httplib::Server server;
  int port = server.bind_to_any_port("127.0.0.1");
  std::jthread thread{[this] { server.listen_after_bind(); }};
  ~Platform() { server.stop(); }
  std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(port) + path;
  }
};

}  // namespace

TEST_CASE("A call brings method, headers and body there and the answer back") {
  Platform platform;
  httplib::Request seen;
  platform.server.Post("/a/b", [&](const httplib::Request& request, httplib::Response& answer) {
    seen = request;
    answer.status = 202;
    answer.set_content("taken", "text/plain");
  });
  const auto answer = execute({.method = "POST",
                               .url = platform.url("/a/b?c=d"),
                               .headers = {{"X-One", "1"}},
                               .content_type = "application/json",
                               .body = "{}"},
                              {}, {});
  REQUIRE(answer);
  CHECK(answer->status == 202);
  CHECK(answer->body == "taken");
  CHECK(seen.body == "{}");
  CHECK(seen.get_param_value("c") == "d");
  CHECK(seen.get_header_value("X-One") == "1");
  CHECK(seen.get_header_value("Content-Type") == "application/json");
}

TEST_CASE("A header or method that would break out of its line is refused, and nothing is sent") {
  using namespace std::string_literals;
  Platform platform;
  std::atomic<int> calls = 0;
  platform.server.set_pre_routing_handler([&](const httplib::Request&, httplib::Response&) {
    ++calls;
    return httplib::Server::HandlerResponse::Handled;
  });
  const auto fault_of = [&](const qnzs::adapters::HttpCall& call) -> std::optional<Fault> {
    const auto answer = execute(call, {}, {});
    return answer ? std::nullopt : std::optional(answer.error().fault);
  };
  const auto url = platform.url("/");
  for (const auto& bad : {"a\r\nX-Two: 2"s, "a\nb"s, "a\rb"s, "a\0b"s, "\x7f"s}) {
    CAPTURE(bad);
    CHECK(fault_of({.url = url, .headers = {{"X-One", bad}}}) == Fault::malformed);
    CHECK(fault_of({.url = url, .headers = {{"X" + bad, "1"}}}) == Fault::malformed);
    CHECK(fault_of({.url = url, .content_type = bad}) == Fault::malformed);
    CHECK(fault_of({.method = "GET" + bad, .url = url}) == Fault::malformed);
    CHECK(fault_of({.url = url + bad}) == Fault::malformed);
  }
  for (const auto& bad : {""s, "X One"s, "X-One:"s, "头"s})
    CHECK(fault_of({.url = url, .headers = {{bad, "1"}}}) == Fault::malformed);
  CHECK(calls == 0);
  CHECK_FALSE(fault_of({.url = url, .headers = {{"X-One", "a\tb 中"}}}));
  CHECK(calls == 1);
}

TEST_CASE("An answer that comes drop by drop ends when the time is over") {
  Platform platform;
  platform.server.Get("/", [&](const httplib::Request&, httplib::Response& answer) {
    answer.set_chunked_content_provider("text/plain", [](std::size_t, httplib::DataSink& sink) {
      std::this_thread::sleep_for(20ms);
      return sink.write("x", 1);
    });
  });
  const auto start = Clock::now();
  const auto answer = execute({.url = platform.url("/")}, {.time_max = 300ms}, {});
  REQUIRE_FALSE(answer);
  CHECK(answer.error().fault == Fault::late);
  CHECK(Clock::now() - start < 3s);
}

TEST_CASE("An answer over its limit is refused and not kept") {
  Platform platform;
  platform.server.Get("/", [&](const httplib::Request&, httplib::Response& answer) {
    answer.set_content(std::string(100'000, 'x'), "text/plain");
  });
  const auto answer =
      execute({.url = platform.url("/")}, {.time_max = 5s, .answer_bytes_max = 1000}, {});
  REQUIRE_FALSE(answer);
  CHECK(answer.error().fault == Fault::too_large);
}

TEST_CASE(
    "A call over TLS needs a certificate that the given authority vouches for, and the name") {
  const qnzs::tests::TemporaryFolder folder;
  const auto key = folder.file("key.pem");
  const auto certificate = folder.file("certificate.pem");
  REQUIRE(std::system(("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes "
                       "-days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout " +
                       key + " -out " + certificate + " 2>/dev/null")
                          .c_str()) == 0);
  httplib::SSLServer server(certificate.c_str(), key.c_str());
  server.Get("/", [](const httplib::Request&, httplib::Response& answer) {
    answer.set_content("private", "text/plain");
  });
  const auto port = std::to_string(server.bind_to_any_port("127.0.0.1"));
  std::jthread thread([&] { server.listen_after_bind(); });
  const qnzs::http::CallLimits trusting{.ca_file = certificate};
  const auto answer = execute({.url = "https://localhost:" + port + "/"}, trusting, {});
  const auto untrusted = execute({.url = "https://localhost:" + port + "/"}, {}, {});
  const auto misnamed = execute({.url = "https://127.0.0.1:" + port + "/"}, trusting, {});
  server.stop();
  REQUIRE_MESSAGE(answer, answer.error().reason);
  CHECK(answer->body == "private");
  CHECK_FALSE(untrusted);
  CHECK_FALSE(misnamed);
}

TEST_CASE("Nobody there, no URL and a stop are told apart") {
  CHECK(execute({.url = "http://127.0.0.1:1/"}, {}, {}).error().fault == Fault::internal);
  for (const auto* url : {"", "ftp://a/", "http://", "/path", "http://a b/"}) {
    CAPTURE(url);
    CHECK(execute({.url = url}, {}, {}).error().fault == Fault::malformed);
  }
  std::stop_source stop;
  stop.request_stop();
  Platform platform;
  platform.server.Get(
      "/", [&](const httplib::Request&, httplib::Response&) { std::this_thread::sleep_for(1s); });
  const auto start = Clock::now();
  CHECK_FALSE(execute({.url = platform.url("/")}, {.time_max = 30s}, stop.get_token()));
  CHECK(Clock::now() - start < 900ms);
}
