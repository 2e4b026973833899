#include "gateway/http/answer.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

using qnzs::adapters::HttpReply;
namespace http = qnzs::http;

TEST_CASE("an answer has an explicit length and its body byte for byte") {
  HttpReply reply;
  reply.body = "success";
  std::string out;
  http::render(reply, "Tue, 24 Nov 2026 04:21:00 GMT", true, false, out);
  CHECK(out ==
        "HTTP/1.1 200 OK\r\nDate: Tue, 24 Nov 2026 04:21:00 GMT\r\nContent-Length: 7\r\n"
        "Content-Type: text/plain; charset=utf-8\r\n\r\nsuccess");
}

TEST_CASE("the answer to HEAD tells the length and sends no body") {
  HttpReply reply;
  reply.body = "success";
  std::string out;
  http::render(reply, "d", false, true, out);
  CHECK(out.find("Content-Length: 7\r\n") != std::string::npos);
  CHECK(out.find("Connection: close\r\n") != std::string::npos);
  CHECK(out.ends_with("\r\n\r\n"));
}

TEST_CASE("a header that would split the answer is a bug and never leaves") {
  using namespace std::string_literals;
  for (const auto& evil : {"a\r\nSet-Cookie: x"s, "a\nb"s, "a\0b"s}) {
    HttpReply reply;
    std::string out;
    reply.headers = {{"X-Test", evil}};
    CHECK_THROWS_AS(http::render(reply, "d", true, false, out), std::logic_error);
    reply.headers = {{evil, "x"}};
    CHECK_THROWS_AS(http::render(reply, "d", true, false, out), std::logic_error);
    reply.headers.clear();
    reply.content_type = evil;
    CHECK_THROWS_AS(http::render(reply, "d", true, false, out), std::logic_error);
  }
}

TEST_CASE("dates are IMF-fixdate whatever the locale") {
  CHECK(http::imf_fixdate(0) == "Thu, 01 Jan 1970 00:00:00 GMT");
  CHECK(http::imf_fixdate(784111777) == "Sun, 06 Nov 1994 08:49:37 GMT");  // RFC 9110 §5.6.7
  CHECK(http::imf_fixdate(1709251199) == "Thu, 29 Feb 2024 23:59:59 GMT");
}
