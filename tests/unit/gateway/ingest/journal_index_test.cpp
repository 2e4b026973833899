#include "gateway/ingest/journal_index.hpp"

#include "tests/unit/gateway/ingest/journal_support.hpp"

#include <doctest/doctest.h>

#include <map>
#include <random>

namespace qnzs::ingest {
namespace {

const auto is_any = [](std::uint64_t) { return true; };

TEST_CASE("an id is found with its sequence, another is not") {
  IdIndex index;
  CHECK(index.find(test::id_of(1), is_any) == 0);
  index.insert(test::id_of(1), 7);
  CHECK(index.find(test::id_of(1), is_any) == 7);
  CHECK(index.find(test::id_of(2), is_any) == 0);
  index.erase(test::id_of(1), 8);  // not this one
  CHECK(index.find(test::id_of(1), is_any) == 7);
  index.erase(test::id_of(1), 7);
  CHECK(index.find(test::id_of(1), is_any) == 0);
  CHECK(index.size() == 0);
}

TEST_CASE("two ids with the same leading bits are told apart by their rows") {
  IdIndex index;
  auto left = test::id_of(1);
  auto right = left;
  right[15] ^= 1;
  index.insert(left, 1);
  index.insert(right, 2);
  CHECK(index.find(right, [](std::uint64_t sequence) { return sequence == 2; }) == 2);
  CHECK(index.find(left, [](std::uint64_t sequence) { return sequence == 1; }) == 1);
  index.erase(left, 1);
  CHECK(index.find(right, [](std::uint64_t sequence) { return sequence == 2; }) == 2);
}

TEST_CASE("it agrees with a map under random inserts and erasures") {
  const auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  IdIndex index;
  std::map<std::uint64_t, std::uint64_t> model;
  std::uint64_t sequence = 0;
  for (int step = 0; step < 60'000; ++step) {
    // One shard and few homes, so that probes collide, wrap and shift.
    const auto number = random() % 300;
    auto id = test::id_of(number);
    id[0] = 0;
    id[1] = 0xff;
    const auto is_it = [&](std::uint64_t at) {
      return model.contains(number) && model[number] == at;
    };
    const auto expected = model.contains(number) ? model[number] : 0;
    REQUIRE(index.find(id, is_it) == expected);
    if (expected == 0) {
      model[number] = ++sequence;
      index.insert(id, sequence);
    } else if (random() % 2 == 0) {
      index.erase(id, expected);
      model.erase(number);
    }
    REQUIRE(index.size() == model.size());
  }
}

TEST_CASE("a million ids cost less than sixteen bytes each") {
  IdIndex index;
  for (std::uint64_t i = 1; i <= 1'000'000; ++i) index.insert(test::id_of(i), i);
  CHECK(index.bytes() < 16'000'000);
  CHECK(index.find(test::id_of(777'777), [](std::uint64_t at) { return at == 777'777; }) ==
        777'777);
}

}  // namespace
}  // namespace qnzs::ingest
