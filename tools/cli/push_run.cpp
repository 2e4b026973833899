#include "tools/cli/push_run.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <iomanip>
#include <mutex>
#include <sstream>
#include <thread>

namespace qnzs::cli {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

class PushRun {
 public:
  PushRun(const PushPlan& plan, const PushMaker& make) : plan_(plan), make_(make) {}

  PushTally run(std::ostream& progress) {
    std::vector<std::jthread> threads;
    const auto wanted = std::min(plan_.connections, plan_.count);
    running_ = wanted;
    try {
      for (int i = 0; i < wanted; ++i) threads.emplace_back([this] { run_connection(); });
    } catch (...) {  // the system gives no more threads
      next_ = plan_.count;
      throw;
    }
    std::unique_lock lock(mutex_);
    while (!ended_.wait_for(lock, 1s, [this] { return running_ == 0; }))
      progress << std::min(next_.load(), plan_.count) << "/" << plan_.count << "\n" << std::flush;
    if (failure_) std::rethrow_exception(failure_);
    return std::move(tally_);
  }

 private:
  // An exception that left a thread would end the process.
  void run_connection() {
    PushTally tally;
    std::exception_ptr failure;
    try {
      send(tally);
    } catch (...) {
      failure = std::current_exception();
      next_ = plan_.count;
    }
    const std::lock_guard lock(mutex_);
    tally_.add(tally);
    if (failure) failure_ = failure;
    if (--running_ == 0) ended_.notify_all();
  }

  void send(PushTally& tally) {
    const auto client = client_of(plan_.url);
    client->set_keep_alive(true);
    client->set_tcp_nodelay(true);  // head and body are two writes
    client->set_connection_timeout(plan_.answer_time_max);
    client->set_read_timeout(plan_.answer_time_max);
    for (int number = next_++; number < plan_.count; number = next_++) {
      if (plan_.rate > 0)
        std::this_thread::sleep_until(start_ + std::chrono::nanoseconds(1s) * number / plan_.rate);
      make_(number, *client, tally);
    }
  }

  const PushPlan& plan_;
  const PushMaker& make_;
  const Clock::time_point start_ = Clock::now();
  std::atomic<int> next_ = 0;
  std::mutex mutex_;
  std::condition_variable ended_;
  int running_ = 0;
  PushTally tally_;
  std::exception_ptr failure_;
};

}  // namespace

void PushTally::add(const PushTally& other) {
  accepted += other.accepted;
  refused += other.refused;
  unanswered += other.unanswered;
  milliseconds.insert(milliseconds.end(), other.milliseconds.begin(), other.milliseconds.end());
}

PushTally run_pushes(const PushPlan& plan, const PushMaker& make, std::ostream& progress) {
  return PushRun(plan, make).run(progress);
}

std::string summary_of(PushTally tally) {
  std::ranges::sort(tally.milliseconds);
  const auto at = [&](double part) {
    if (tally.milliseconds.empty()) return 0.0;
    const auto last = static_cast<double>(tally.milliseconds.size() - 1);
    return tally.milliseconds[static_cast<std::size_t>(last * part)];
  };
  std::ostringstream line;
  line << "共 " << tally.accepted + tally.refused + tally.unanswered << " 次:接受 "
       << tally.accepted << ",拒绝 " << tally.refused << ",没有应答 " << tally.unanswered
       << ";毫秒 p50 " << std::fixed << std::setprecision(1) << at(0.5) << " p99 " << at(0.99);
  return line.str();
}

}  // namespace qnzs::cli
