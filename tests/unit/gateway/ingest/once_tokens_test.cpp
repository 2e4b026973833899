#include "gateway/ingest/once_tokens.hpp"

#include <doctest/doctest.h>

using qnzs::ingest::OnceTokens;
using qnzs::schema::Fault;
using qnzs::schema::Instant;
using std::chrono::seconds;

namespace {

const Instant now{seconds(1'700'000'000)};

qnzs::adapters::OnceOnly token(const std::string& text, int seconds_left = 300) {
  return {text, now + seconds(seconds_left)};
}

}  // namespace

TEST_CASE("A token is honoured once until its time is over") {
  OnceTokens tokens(10);
  CHECK(tokens.take(token("a"), now));
  CHECK(tokens.take(token("b"), now));
  CHECK(tokens.take(token("a"), now).error().fault == Fault::unauthentic);
  CHECK(tokens.take(token("a"), now + seconds(300)).error().fault == Fault::unauthentic);
  CHECK(tokens.take(token("a", 900), now + seconds(301)));
  CHECK(tokens.size() == 1);
}

TEST_CASE("What was not stored may come again") {
  OnceTokens tokens(10);
  CHECK(tokens.take(token("a"), now));
  tokens.give_back("a");
  tokens.give_back("never taken");
  CHECK(tokens.take(token("a"), now));
  CHECK_FALSE(tokens.take(token("a"), now));
}

TEST_CASE("Memory is bounded: nothing is forgotten early, and what is new has to wait") {
  OnceTokens tokens(2);
  CHECK(tokens.take(token("a", 10), now));
  CHECK(tokens.take(token("b", 20), now));
  CHECK(tokens.take(token("c"), now).error().fault == Fault::busy);
  CHECK_FALSE(tokens.take(token("a"), now));
  CHECK(tokens.take(token("c"), now + seconds(11)));
}
