#include "gateway/ingest/journal_marks.hpp"

#include <doctest/doctest.h>

#include <array>

namespace qnzs::ingest {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Instant start{hours(500'000)};

TEST_CASE("what was published has expired its time after the publishing, not before") {
  PublishedMarks marks(hours(2));
  REQUIRE(marks.note(10, start));
  CHECK(marks.expired(start + hours(2) - seconds(1)) == 0);
  CHECK(marks.expired(start + hours(2)) == 10);
  CHECK(marks.expired(start) == 10);  // never goes back
}

TEST_CASE("there is one mark a minute, and none when nothing was published") {
  PublishedMarks marks(hours(2));
  CHECK_FALSE(marks.note(0, start));
  REQUIRE(marks.note(10, start));
  CHECK_FALSE(marks.note(10, start + hours(1)));
  CHECK_FALSE(marks.note(11, start + seconds(59)));
  const auto second = marks.note(12, start + minutes(1));
  REQUIRE(second);
  CHECK(second->sequence == 12);
  CHECK(marks.expired(start + hours(2)) == 10);
  CHECK(marks.expired(start + hours(2) + minutes(1)) == 12);
}

TEST_CASE("a year of bodies needs no more than five thousand marks") {
  PublishedMarks marks(hours(24 * 365));
  std::uint64_t made = 0;
  for (std::uint64_t minute = 0; minute < 24 * 365 * 60; minute += 7)
    made += marks.note(minute + 1, start + minutes(minute)) ? 1 : 0;
  CHECK(made <= 5001);
  CHECK(made > 1000);
}

TEST_CASE("a clock that was ahead for a while does not hold what was published afterwards") {
  PublishedMarks marks(hours(2));
  REQUIRE(marks.note(10, start + hours(24 * 365)));
  REQUIRE(marks.note(20, start));
  CHECK(marks.expired(start + hours(2)) == 20);
}

TEST_CASE("marks of before the start count, and what they do not cover counts from the start") {
  PublishedMarks marks(hours(2));
  const std::array before{PublishedMark{10, start - hours(2)}};
  marks.load(before);
  REQUIRE(marks.note(15, start));
  CHECK(marks.expired(start) == 10);
  CHECK(marks.expired(start + hours(2)) == 15);
}

}  // namespace
}  // namespace qnzs::ingest
