// Faults at random from a seed, under load, with the oracle of the fault tests at the end.
//   soak MINUTES [SEED]      fractions of a minute are allowed; exit code 0 = nothing lost or
//   doubled
#include "tests/soak/world.hpp"
#include "tests/support/becomes_true.hpp"
#include "tests/support/oracle.hpp"
#include "tests/support/platform.hpp"

#include <chrono>
#include <iostream>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>

using namespace std::chrono_literals;
using qnzs::tests::World;

namespace {

using Clock = std::chrono::steady_clock;

int soak(World& world, std::chrono::duration<double> time) {
  qnzs::tests::Oracle oracle(world.kafka());
  qnzs::tests::Platform platform(world.gateway().port(), oracle, 6, 10ms);
  const auto until = Clock::now() + std::chrono::duration_cast<Clock::duration>(time);
  while (Clock::now() < until) {
    std::this_thread::sleep_for(world.milliseconds(500, 3000));
    world.fault();
  }
  world.heal();
  std::this_thread::sleep_for(2s);
  platform.stop(10s);
  const bool is_all_published = qnzs::tests::becomes_true([&] { return world.queued() == 0; }, 90s);
  if (world.is_topic_new()) oracle.read_again();
  const auto verdict = oracle.judge(90s, world.named());
  std::cout << "answered " << verdict.answered << "  missing " << verdict.missing
            << " (damages named " << world.named() << ")  twice " << verdict.twice
            << "  out of order " << verdict.disordered << std::endl;
  if (!is_all_published) std::cerr << world.queued() << " still wait to be published\n";
  const bool is_good = is_all_published && verdict.answered > 100 &&
                       verdict.missing <= world.named() && verdict.twice == 0 &&
                       verdict.disordered == 0;
  if (!is_good) std::cerr << world.gateway().log();
  return is_good ? 0 : 1;
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 2) {
    std::cerr << "usage: soak MINUTES [SEED]\n";
    return 64;
  }
  const auto minutes = std::stod(arguments[1]);
  const auto seed =
      count > 2 ? static_cast<std::uint32_t>(std::stoul(arguments[2])) : std::random_device{}();
  std::cout << "seed " << seed << std::endl;
  try {
    World world(seed);
    return soak(world, std::chrono::duration<double>(minutes * 60));
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
