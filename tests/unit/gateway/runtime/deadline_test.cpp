#include "gateway/runtime/deadline.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <vector>

using qnzs::runtime::Deadline;
using qnzs::runtime::Deadlines;
using std::chrono::milliseconds;

namespace {

class Counting : public Deadline {
 public:
  using Deadline::Deadline;
  int count = 0;
  std::function<void()> then;

 private:
  void expired() override {
    ++count;
    if (then) then();
  }
};

auto after(int ms) {
  return Deadline::Clock::now() + milliseconds(ms);
}

}  // namespace

TEST_CASE("a deadline expires once, and only after its time") {
  Deadlines list;
  Counting one(list);
  one.arm(milliseconds(1000));
  list.tick(after(10));
  CHECK(one.count == 0);
  list.tick(after(2000));
  CHECK(one.count == 1);
  list.tick(after(9000));
  CHECK(one.count == 1);
}

TEST_CASE("a disarmed deadline never expires and an armed one counts anew") {
  Deadlines list;
  Counting one(list);
  one.arm(milliseconds(1));
  one.disarm();
  list.tick(after(100'000));
  CHECK(one.count == 0);
  one.arm(milliseconds(1));
  one.arm(milliseconds(50'000));
  list.tick(after(1000));
  CHECK(one.count == 0);
}

TEST_CASE("a deadline may destroy any other while the list is walked") {
  for (std::size_t victim = 0; victim < 5; ++victim) {
    Deadlines list;
    std::vector<std::unique_ptr<Counting>> all;
    for (int i = 0; i < 5; ++i) all.push_back(std::make_unique<Counting>(list));
    for (auto& one : all) one->arm(milliseconds(0));
    for (std::size_t killer = 0; killer < 5; ++killer) {
      if (killer == victim) continue;
      all[killer]->then = [&all, victim] { all[victim].reset(); };
    }
    list.tick(after(10));
    for (std::size_t i = 0; i < 5; ++i) {
      if (all[i]) CHECK(all[i]->count == 1);
    }
  }
}

TEST_CASE("a deadline made while the list is walked waits for the next tick") {
  Deadlines list;
  Counting one(list);
  std::unique_ptr<Counting> made;
  one.then = [&] {
    made = std::make_unique<Counting>(list);
    made->arm(milliseconds(0));
  };
  one.arm(milliseconds(0));
  list.tick(after(10));
  CHECK(one.count == 1);
  list.tick(after(20));
  CHECK(made->count == 1);
}
