// Faults at random from a seed, under load, with the oracle of the fault tests at the end.
//   soak MINUTES [SEED]      fractions of a minute are allowed; exit code 0 = nothing lost or
//   doubled
#include "gateway/kafka/client_conf.hpp"
#include "tests/support/becomes_true.hpp"
#include "tests/support/fault_point.hpp"
#include "tests/support/gateway_process.hpp"
#include "tests/support/kafka_admin.hpp"
#include "tests/support/kafka_broker.hpp"
#include "tests/support/oracle.hpp"
#include "tests/support/platform.hpp"
#include "tests/support/small_disk.hpp"

#include <array>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <iostream>
#include <random>
#include <stdexcept>
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
    if (is_topic_new_) {
      qnzs::tests::becomes_true([&] { return queued() == 0; }, 60s);
      oracle.read_again();
    }
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

  double queued() const {
    return qnzs::tests::metric(gateway_.admin_port(), "qnzs_journal_entries{state=\"queued\"}")
        .value_or(-1);
  }

  void fault() {
    // Not by a kill of ours: a gateway that has ended by itself must not pass for one.
    if (gateway_.wait(0ms)) throw std::runtime_error("the gateway has ended: " + gateway_.log());
    switch (std::uniform_int_distribution(0, 7)(random_)) {
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
      case 5:
        return lose_topic();
      case 6:
        if (is_broker_away_) return;
        say("broker replaced by an empty one");
        is_topic_new_ = true;
        return broker_.replace_by_empty();
      default: {
        const auto time = milliseconds(1000, 16'000);
        say("frozen for " + std::to_string(time.count()) + " ms");
        gateway_.signal(SIGSTOP);
        std::this_thread::sleep_for(time);
        return gateway_.signal(SIGCONT);
      }
    }
  }

  // Waits until it is made again, for a kill in that second may lose what it held (DECISIONS.md).
  void lose_topic() {
    if (is_broker_away_) return;
    say("topic deleted");
    is_topic_new_ = true;
    const auto noticed = [&] { return occurrences(gateway_.log(), "topic_lost"); };
    const auto before = noticed();
    qnzs::tests::delete_topic(
        gateway_.kafka(), qnzs::kafka::topic_name(gateway_.kafka(), qnzs::schema::Topic::messages));
    qnzs::tests::becomes_true([&] { return noticed() > before; });
  }
  static std::size_t occurrences(const std::string& text, const std::string& word) {
    std::size_t count = 0;
    for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
    return count;
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
  bool is_topic_new_ = false;  // since the oracle began to read
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
  try {
    return Soak(seed).run(std::chrono::duration<double>(minutes * 60));
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
