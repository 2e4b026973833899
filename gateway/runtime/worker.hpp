#pragma once

#include "gateway/runtime/deadline.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

namespace qnzs::runtime {

using Executor = boost::asio::io_context::executor_type;
template <class T>
using Awaitable = boost::asio::awaitable<T, Executor>;

// One thread's world: its io_context, its deadlines, and a mailbox for what other threads finish.
// Only `deliver`, `context` and `stop` may be used from other threads.
class Worker {
 public:
  // Something another thread has finished for this one; `run` is called once, on the worker's
  // thread.
  class Letter {
   public:
    virtual ~Letter() = default;
    virtual void run() = 0;
  };

  static constexpr std::chrono::milliseconds tick_time{50};

  Worker();
  // What still waits is destroyed with the worker, unless `abandon` did it before.
  boost::asio::io_context& context() { return context_; }
  Deadlines& deadlines() { return deadlines_; }

  // Hands a letter over. A burst of them costs one wake-up of the thread.
  void deliver(std::shared_ptr<Letter> letter);

  // Runs until `stop`. Blocking.
  void run();
  void stop();

  // Destroys every coroutine and handler that is left. After `run` has returned for good; what they
  // refer to must still live.
  void abandon() { context_.abandon(); }

 private:
  struct Context : boost::asio::io_context {
    using io_context::io_context;
    void abandon() { shutdown(); }
  };

  void open_mailbox();
  void tick();

  Deadlines deadlines_;  // outlives the coroutines that die with the context
  Context context_{1};
  boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                    boost::asio::wait_traits<std::chrono::steady_clock>, Executor>
      timer_{context_};
  std::mutex mutex_;
  std::vector<std::shared_ptr<Letter>> mailbox_;  // guarded by mutex_
  std::vector<std::shared_ptr<Letter>> opened_;
};

}  // namespace qnzs::runtime
