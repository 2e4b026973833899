#include "adapters/http.hpp"

#include <doctest/doctest.h>

using qnzs::adapters::HttpRequest;
using qnzs::adapters::Query;

namespace {

std::optional<std::string> value(std::string_view query, std::string_view name) {
  HttpRequest request{};
  request.query = query;
  return Query(request).value(name);
}

}  // namespace

TEST_CASE("A parameter is found by its decoded name and given decoded, with + as it is") {
  CHECK(value("a=1&b=2", "b") == "2");
  CHECK(value("%62=2", "b") == "2");
  CHECK(value("b=%E4%BD%A0+%2B", "b") == "\xE4\xBD\xA0++");
  CHECK(value("b=1=2", "b") == "1=2");
  CHECK(value("b", "b") == "");
  CHECK(value("b=", "b") == "");
  CHECK(value("&&b=2&", "b") == "2");
}

TEST_CASE("A parameter that is absent, given twice or wrongly encoded has no value") {
  CHECK_FALSE(value("", "b"));
  CHECK_FALSE(value("bb=1&ab=2", "b"));
  CHECK_FALSE(value("b=1&b=1", "b"));
  CHECK_FALSE(value("b=1&%62=2", "b"));
  for (const char* wrong : {"b=%", "b=%4", "b=%4g", "b=1%zz"}) CHECK_FALSE(value(wrong, "b"));
  CHECK(value("b=1&%zz=2", "b") == "1");
}
