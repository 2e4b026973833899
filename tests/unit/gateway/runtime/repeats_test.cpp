#include "gateway/runtime/repeats.hpp"

#include <doctest/doctest.h>

#include <string>

using qnzs::runtime::Repeats;
using std::chrono::seconds;

namespace {

struct Said {
  Repeats repeats{seconds(10)};
  Repeats::Instant now{};
  std::optional<Repeats::LeftOut> made_room;
  std::optional<std::int64_t> say(const std::string& kind) {
    return repeats.admit(kind, now, made_room);
  }
};

}  // namespace

TEST_CASE("the first is said at once, then one in each period with the count of those between") {
  Said said;
  CHECK(said.say("disk full") == 0);
  for (int i = 0; i < 5; ++i) CHECK_FALSE(said.say("disk full"));
  CHECK(said.say("another") == 0);
  said.now += seconds(10);
  CHECK(said.say("disk full") == 5);
  CHECK_FALSE(said.say("disk full"));
}

TEST_CASE("what is left out is told when its period is over though it does not come again") {
  Said said;
  said.say("a");
  said.say("a");
  said.say("a");
  CHECK(said.repeats.take_overdue(said.now + seconds(9)).empty());
  const auto overdue = said.repeats.take_overdue(said.now + seconds(10));
  REQUIRE(overdue.size() == 1);
  CHECK(overdue[0].kind == "a");
  CHECK(overdue[0].count == 2);
  CHECK(said.repeats.take_overdue(said.now + seconds(60)).empty());
}

TEST_CASE("the table is bounded, and who makes room leaves its count behind") {
  Said said;
  said.say("first");
  said.say("first");
  for (std::size_t i = 0; i < Repeats::kinds_max; ++i) {
    said.now += std::chrono::milliseconds(1);
    CHECK(said.say("kind " + std::to_string(i)) == 0);
  }
  REQUIRE(said.made_room);
  CHECK(said.made_room->kind == "first");
  CHECK(said.made_room->count == 1);
  CHECK(said.repeats.take_all().empty());
}

TEST_CASE("at the end all that was left out is told") {
  Said said;
  for (int i = 0; i < 3; ++i) {
    said.say("a");
    said.say("b");
  }
  const auto rest = said.repeats.take_all();
  REQUIRE(rest.size() == 2);
  CHECK(rest[0].count + rest[1].count == 4);
}
