#include "gateway/ingest/entries.hpp"

#include <doctest/doctest.h>

#include <array>

namespace adapters = qnzs::adapters;
namespace ingest = qnzs::ingest;

namespace {

std::string_view traceparent(std::string_view value) {
  const std::array<adapters::HeaderView, 1> headers{{{"Traceparent", value}}};
  adapters::HttpRequest request;
  request.headers = headers;
  return ingest::traceparent_of(request);
}

}  // namespace

TEST_CASE("a valid traceparent is passed on and any other is left out") {
  const std::string_view good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  CHECK(traceparent(good) == good);
  CHECK(traceparent("").empty());
  CHECK(traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0").empty());
  CHECK(traceparent("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").empty());
  CHECK(traceparent("00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").empty());
  CHECK(traceparent("00-00000000000000000000000000000000-b7ad6b7169203331-01").empty());
  CHECK(traceparent("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01").empty());
  CHECK(traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-\r\n").empty());
}
