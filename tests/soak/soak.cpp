// Faults at random from a seed, under load, with the oracle of the fault tests at the end.
//   soak MINUTES [SEED]      fractions of a minute are allowed; exit code 0 = nothing lost or
//   doubled
#include "tests/support/fault_point.hpp"
#include "tests/support/gateway_process.hpp"
#include "tests/support/kafka_broker.hpp"
#include "tests/support/oracle.hpp"
#include "tests/support/platform.hpp"
#include "tests/support/small_disk.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <iostream>
#include <random>
#include <string>
#include <thread>

using namespace std::chrono_literals;
using qnzs::tests::FaultPoint;

namespace {

using Clock = std::chrono::steady_clock;

class Soak {
 public:
  explicit Soak(std::uint32_t seed) : random_(seed) {
    gateway_.put_journal(disk_.file("journal.db"));
    gateway_.start(environment());
  }

  int run(std::chrono::duration<double> time) {
    qnzs::tests::Oracle oracle(gateway_.kafka());
    qnzs::tests::Platform platform(gateway_.port(), oracle, 6, 10ms);
    const auto until = Clock::now() + std::chrono::duration_cast<Clock::duration>(time);
    while (Clock::now() < until) {
      std::this_thread::sleep_for(milliseconds(500, 3000));
      fault();
    }
    if (is_broker_away_) broker_.start();
    std::this_thread::sleep_for(2s);
    platform.stop(10s);
    const auto verdict = oracle.judge(90s);
    std::cout << "answered " << verdict.answered << "  missing " << verdict.missing << "  twice "
              << verdict.twice << "  out of order " << verdict.disordered << std::endl;
    const bool is_good = verdict.answered > 100 && verdict.missing == 0 && verdict.twice == 0 &&
                         verdict.disordered == 0;
    if (!is_good) std::cerr << gateway_.log();
    return is_good ? 0 : 1;
  }

 private:
  std::chrono::milliseconds milliseconds(int from, int to) {
    return std::chrono::milliseconds(std::uniform_int_distribution(from, to)(random_));
  }
  void say(const std::string& fault) const {
    const std::chrono::duration<double> at = Clock::now() - started_;
    std::cout << static_cast<int>(at.count()) << " s: " << fault << std::endl;
  }

  void fault() {
    switch (std::uniform_int_distribution(0, 5)(random_)) {
      case 0:
        say("gateway killed");
        gateway_.kill();
        return start();
      case 1:
        say(is_broker_away_ ? "broker back" : "broker away");
        is_broker_away_ ? broker_.start() : broker_.stop();
        is_broker_away_ = !is_broker_away_;
        return;
      case 2:
        return die_at_a_point();
      case 3: {
        const auto hours = std::uniform_int_distribution(-5000, 5000)(random_);
        say("clock " + std::to_string(hours) + " h");
        return clock_.set(std::chrono::hours(hours));
      }
      case 4: {
        const auto time = milliseconds(500, 5000);
        say("disk full for " + std::to_string(time.count()) + " ms");
        disk_.fill();
        std::this_thread::sleep_for(time);
        return disk_.free();
      }
      default: {
        const auto time = milliseconds(1000, 14'000);
        say("frozen for " + std::to_string(time.count()) + " ms");
        gateway_.signal(SIGSTOP);
        std::this_thread::sleep_for(time);
        return gateway_.signal(SIGCONT);
      }
    }
  }

  // With a right clock: by a wrong one at its start a gateway forgets ids (README.md).
  void start() {
    clock_.set(0s);
    gateway_.start(environment());
  }

  std::vector<std::string> environment() const {
    auto all = clock_.environment();
    const auto more = disk_.environment();
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  void die_at_a_point() {
    constexpr std::array names{"stored_unanswered", "transaction_open", "committed_unmarked",
                               "in_checkpoint"};
    const std::string name = names.at(std::uniform_int_distribution(0UZ, 3UZ)(random_));
    const FaultPoint point(name, std::uniform_int_distribution(1, 40)(random_));
    gateway_.kill();
    // It may be reached before the gateway is ready: then it is dead already.
    try {
      gateway_.start(point.environment());
    } catch (const std::runtime_error&) {
      if (!point.was_reached()) throw;
    }
    static_cast<void>(gateway_.wait(5s));
    say(name + (point.was_reached() ? ": killed there" : ": not reached"));
    gateway_.kill();
    start();
  }

  const Clock::time_point started_ = Clock::now();
  std::mt19937 random_;
  qnzs::tests::KafkaBroker broker_;
  const qnzs::tests::FalseClock clock_;
  qnzs::tests::SmallDisk disk_{0};
  qnzs::tests::GatewayProcess gateway_{broker_.address(),
                                       "[publisher]\ntransaction_ms_max = 10000\n"};
  bool is_broker_away_ = false;
};

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
  return Soak(seed).run(std::chrono::duration<double>(minutes * 60));
}
