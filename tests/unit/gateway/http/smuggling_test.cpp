// Shapes that two servers in a row could cut at different places. Each is sent with a second
// request behind it that must never be taken for one.
#include "tests/unit/gateway/http/server_support.hpp"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

using qnzs::tests::Running;
using qnzs::tests::Wire;

namespace {

constexpr std::string_view second = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";

std::string post(const std::string& fields, const std::string& body) {
  return "POST /first HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n" + body;
}

const std::vector<std::pair<std::string, std::string>>& shapes() {
  using namespace std::string_literals;
  static const std::string chunked = "Transfer-Encoding: chunked\r\n";
  static const std::string chunks = "5\r\nhello\r\n0\r\n\r\n";
  static const std::vector<std::pair<std::string, std::string>> all{
      {"length, then chunked", post("Content-Length: 5\r\n" + chunked, chunks)},
      {"chunked, then length", post(chunked + "Content-Length: 5\r\n", chunks)},
      {"two lengths", post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello")},
      {"two equal lengths", post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello")},
      {"a list of equal lengths", post("Content-Length: 5, 5\r\n", "hello")},
      {"a negative length", post("Content-Length: -5\r\n", "hello")},
      {"a signed length", post("Content-Length: +5\r\n", "hello")},
      {"a length in hex", post("Content-Length: 0x5\r\n", "hello")},
      {"a length beyond 64 bits", post("Content-Length: 18446744073709551621\r\n", "hello")},
      {"an empty length", post("Content-Length: \r\n", "")},
      {"a length with a space in it", post("Content-Length: 5 0\r\n", "hello")},
      {"a folded line", post("X-A: b\r\n c\r\nContent-Length: 5\r\n", "hello")},
      {"a folded length", post("Content-Length:\r\n 5\r\n", "hello")},
      {"a fold by tab", post(chunked + "X-A: b\r\n\tc\r\n", chunks)},
      {"LF without CR", "POST /first HTTP/1.1\nHost: h\nContent-Length: 5\n\nhello"},
      {"one LF without CR", post("X-A: b\nContent-Length: 5\r\n", "hello")},
      {"CR without LF", post("X-A: b\rContent-Length: 5\r\n", "hello")},
      {"LF behind the head", "POST /first HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\n"},
      {"a space before the colon", post("Content-Length : 5\r\n", "hello")},
      {"a space before a name", post(" Content-Length: 5\r\n", "hello")},
      {"an unknown coding", post("Transfer-Encoding: xchunked\r\n", chunks)},
      {"an unknown coding on GET",
       "GET /first HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n" + chunks},
      {"a coding before chunked", post("Transfer-Encoding: gzip, chunked\r\n", chunks)},
      {"chunked, but not last", post("Transfer-Encoding: chunked, identity\r\n", chunks)},
      {"chunked twice", post(chunked + chunked, chunks)},
      {"an unknown coding and a length",
       post("Transfer-Encoding: x\r\nContent-Length: 5\r\n", "hello")},
      {"chunked in HTTP/1.0", "POST /first HTTP/1.0\r\nHost: h\r\n" + chunked + "\r\n" + chunks},
      {"an endless chunk extension", post(chunked, "5;a=" + std::string(20'000, 'x'))},
      {"a negative chunk", post(chunked, "-5\r\nhello\r\n0\r\n\r\n")},
      {"a chunk beyond 64 bits", post(chunked, "10000000000000005\r\nhello\r\n0\r\n\r\n")},
      {"a chunk without its end", post(chunked, "5\r\nhelloXX0\r\n\r\n")},
      {"a chunk line ended by LF", post(chunked, "5\nhello\r\n0\r\n\r\n")},
      {"trailers", post(chunked, "5\r\nhello\r\n0\r\nX-Forwarded-For: 1.1.1.1\r\n\r\n")},
      {"NUL in a value", post("X-A: a\0b\r\nContent-Length: 5\r\n"s, "hello")},
      {"NUL in a name", post("X\0A: b\r\nContent-Length: 5\r\n"s, "hello")},
      {"NUL in the target", "GET /fir\0st HTTP/1.1\r\nHost: h\r\n\r\n"s},
      {"a space in the target", "GET /first /second HTTP/1.1\r\nHost: h\r\n\r\n"},
      {"two hosts", "GET /first HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n"},
      {"no host", "GET /first HTTP/1.1\r\n\r\n"},
      {"no version", "GET /first\r\n\r\n"},
  };
  return all;
}

}  // namespace

TEST_CASE("an ambiguous request is answered 400, closed, and nothing of it is a second request") {
  Running running;
  for (const auto& [name, bytes] : shapes()) {
    CAPTURE(name);
    Wire wire(running.server->port());
    wire.send(bytes + std::string(second));
    const auto answer = wire.read_all();
    CHECK(answer.starts_with("HTTP/1.1 400 "));
    CHECK(answer.contains("Connection: close\r\n"));
    CHECK(answer.find("HTTP/1.1", 1) == std::string::npos);
  }
  CHECK(running.echo->handled == 0);
}

TEST_CASE("the same holds when the bytes come one by one") {
  Running running;
  for (const auto& [name, bytes] : shapes()) {
    if (bytes.size() > 1000) continue;
    CAPTURE(name);
    Wire wire(running.server->port());
    for (const char byte : bytes + std::string(second)) {
      if (!wire.send({&byte, 1})) break;
    }
    CHECK(wire.read_all().starts_with("HTTP/1.1 400 "));
  }
  CHECK(running.echo->handled == 0);
}

TEST_CASE("what only looks like it is served") {
  Running running;
  const auto is_served = [&](const std::string& bytes) {
    Wire wire(running.server->port());
    wire.send(bytes + "GET /last HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    const auto answer = wire.read_all();
    return answer.contains("POST /first hello") && answer.ends_with("GET /last ");
  };
  CHECK(is_served(post("Content-Length: 5\r\n", "hello")));
  CHECK(is_served(post("content-length:005\r\n", "hello")));
  CHECK(is_served(post("Transfer-Encoding: Chunked\r\n", "5;a=b\r\nhello\r\n0\r\n\r\n")));
  CHECK(is_served(post("X-A: \r\nX-B:\tb \r\nContent-Length: 5\r\n", "hello")));
}
