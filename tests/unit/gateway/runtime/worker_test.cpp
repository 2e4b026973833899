#include "gateway/runtime/worker.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <doctest/doctest.h>

#include <atomic>
#include <set>
#include <thread>

using qnzs::runtime::Worker;

namespace {

class Note final : public Worker::Letter {
 public:
  Note(std::atomic<int>& counter, std::thread::id& ran_on) : counter_(counter), ran_on_(ran_on) {}
  void run() override {
    ran_on_ = std::this_thread::get_id();
    ++counter_;
  }

 private:
  std::atomic<int>& counter_;
  std::thread::id& ran_on_;
};

// Tells that it is gone.
struct Guest {
  explicit Guest(bool& told) : is_gone(told) {}
  ~Guest() { is_gone = true; }
  Guest(const Guest&) = delete;
  Guest& operator=(const Guest&) = delete;
  bool& is_gone;
};

}  // namespace

TEST_CASE("a coroutine that has not ended is destroyed by abandoning, before the worker dies") {
  bool is_gone = false;
  Worker worker;
  const auto waiting = [&]() -> qnzs::runtime::Awaitable<void> {
    const Guest guest(is_gone);
    boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                      boost::asio::wait_traits<std::chrono::steady_clock>,
                                      qnzs::runtime::Executor>
        timer(worker.context(), std::chrono::hours(1));
    worker.stop();
    co_await timer.async_wait(boost::asio::use_awaitable_t<qnzs::runtime::Executor>());
  };
  boost::asio::co_spawn(worker.context(), waiting, boost::asio::detached);
  worker.run();
  CHECK_FALSE(is_gone);
  worker.abandon();
  CHECK(is_gone);
}

TEST_CASE("every letter of several threads is run once, on the worker's thread") {
  Worker worker;
  std::atomic<int> count{0};
  std::thread::id ran_on;
  std::jthread running([&] { worker.run(); });
  {
    std::vector<std::jthread> senders;
    for (int i = 0; i < 4; ++i) {
      senders.emplace_back([&] {
        for (int n = 0; n < 500; ++n) worker.deliver(std::make_shared<Note>(count, ran_on));
      });
    }
  }
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (count < 2000 && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  CHECK(count == 2000);
  worker.stop();
  const auto id = running.get_id();
  running.join();
  CHECK(ran_on == id);
}

TEST_CASE("letters that nobody opens are freed with the worker") {
  std::atomic<int> count{0};
  std::thread::id ran_on;
  auto letter = std::make_shared<Note>(count, ran_on);
  std::weak_ptr<Note> watched = letter;
  {
    Worker worker;
    worker.deliver(std::move(letter));
  }
  CHECK(watched.expired());
  CHECK(count == 0);
}
