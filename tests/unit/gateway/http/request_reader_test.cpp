#include "gateway/http/request_reader.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

using qnzs::http::RequestReader;
using State = qnzs::http::RequestReader::State;

namespace {

qnzs::config::HttpSettings small() {
  qnzs::config::HttpSettings settings;
  settings.header_bytes_max = 2048;
  settings.body_bytes_max = 1024;
  return settings;
}

// Feeds `bytes` in pieces of at most `piece`; stops where the reader says complete or bad.
State feed(RequestReader& reader, std::string_view bytes, std::size_t piece = 100'000) {
  auto state = reader.resume();
  while (!bytes.empty() && state != State::complete && state != State::bad) {
    const auto space = reader.space();
    const auto n = std::min({piece, bytes.size(), space.size()});
    std::ranges::copy(bytes.substr(0, n), space.begin());
    bytes.remove_prefix(n);
    state = reader.commit(n);
  }
  return state;
}

std::uint16_t refused(std::string_view bytes) {
  const auto settings = small();
  RequestReader reader(settings);
  return feed(reader, bytes, 7) == State::bad ? reader.problem().status : 0;
}

constexpr std::string_view post =
    "POST /wechat/henan?signature=a%20b&nonce=1 HTTP/1.1\r\nHost: h\r\nContent-Type: text/xml\r\n"
    "Content-Length: 5\r\n\r\n<xml>";

}  // namespace

TEST_CASE("a request is the same however its bytes are cut") {
  const auto settings = small();
  for (std::size_t piece = 1; piece <= post.size(); ++piece) {
    RequestReader reader(settings);
    REQUIRE(feed(reader, post, piece) == State::complete);
    const auto request = reader.request();
    CHECK(request.method == "POST");
    CHECK(request.path == "/wechat/henan");
    CHECK(request.query == "signature=a%20b&nonce=1");
    CHECK(request.body == "<xml>");
    CHECK(request.headers.size() == 3);
    CHECK(request.headers[1].second == "text/xml");
    CHECK(reader.keeps_alive());
  }
}

TEST_CASE("pipelined requests come one after the other") {
  const auto settings = small();
  RequestReader reader(settings);
  const auto three = std::string(post) + std::string(post) + "GET /x HTTP/1.1\r\nHost: h\r\n\r\n";
  REQUIRE(feed(reader, three) == State::complete);
  CHECK(reader.request().body == "<xml>");
  reader.next();
  REQUIRE(reader.resume() == State::complete);
  CHECK(reader.request().body == "<xml>");
  reader.next();
  REQUIRE(reader.resume() == State::complete);
  CHECK(reader.request().path == "/x");
  reader.next();
  CHECK(reader.resume() == State::idle);
}

TEST_CASE("a chunked body is put together and bounded") {
  const std::string head = "POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  const auto settings = small();
  RequestReader reader(settings);
  REQUIRE(feed(reader, head + "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", 1) == State::complete);
  CHECK(reader.request().body == "abcde");
  std::string bomb = head;
  for (int i = 0; i < 10; ++i) bomb += "80\r\n" + std::string(128, 'x') + "\r\n";
  CHECK(refused(bomb) == 413);
}

TEST_CASE("a chunked body is the same however its bytes are cut, also an empty one") {
  const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  const auto settings = small();
  for (const std::string_view body : {"", "1\r\nx\r\n", "3;a=b\r\nabc\r\n2\r\nde\r\n"}) {
    const auto request = head + std::string(body) + "0\r\n\r\n";
    RequestReader whole(settings);
    REQUIRE(feed(whole, request) == State::complete);
    for (std::size_t piece = 1; piece <= request.size(); ++piece) {
      RequestReader reader(settings);
      REQUIRE(feed(reader, request, piece) == State::complete);
      CHECK(reader.request().body == whole.request().body);
    }
  }
}

TEST_CASE("what is too large or has no length is named by its status") {
  CHECK(refused("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 1025\r\n\r\n") == 413);
  CHECK(refused("POST /x HTTP/1.1\r\nHost: h\r\n\r\n") == 411);
  CHECK(refused("GET /" + std::string(4000, 'a')) == 414);
  CHECK(refused("GET /x HTTP/1.1\r\nA: " + std::string(4000, 'a')) == 431);
}

TEST_CASE("the head is measured whole, however its bytes are cut") {
  const auto settings = small();
  for (const std::size_t fill : {1900UL, 2100UL}) {
    const auto head = "GET /?" + std::string(1500, 'q') +
                      " HTTP/1.1\r\nHost: h\r\nX: " + std::string(fill - 1500, 'x') + "\r\n\r\n";
    for (const std::size_t piece : {1UL, 7UL, 100'000UL}) {
      RequestReader reader(settings);
      const auto state = feed(reader, head, piece);
      CHECK(state == (fill < 2048 ? State::complete : State::bad));
      if (state == State::bad) CHECK(reader.problem().status == 431);
    }
  }
}

TEST_CASE("smuggling shapes and nonsense are refused") {
  CHECK(refused("POST /x HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n") ==
        400);
  CHECK(refused("POST /x HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n") == 400);
  CHECK(refused("POST /x HTTP/1.1\r\nContent-Length: -1\r\n\r\n") == 400);
  CHECK(refused("POST /x HTTP/9.9\r\nContent-Length: 1\r\n\r\nx") == 400);
  CHECK(refused("hello\r\n\r\n") == 400);
  CHECK(refused(std::string("\0\1\2\3\r\n\r\n", 8)) == 400);
}

TEST_CASE("100 Continue is asked for once, and only while the body is missing") {
  const auto settings = small();
  RequestReader reader(settings);
  const std::string head =
      "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n";
  CHECK(feed(reader, head) == State::in_body);
  CHECK(reader.wants_continue());
  CHECK_FALSE(reader.wants_continue());
  CHECK(feed(reader, "ab") == State::complete);
  RequestReader whole(settings);
  CHECK(feed(whole, head + "ab") == State::complete);
  CHECK_FALSE(whole.wants_continue());
}
