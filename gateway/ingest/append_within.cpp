#include "gateway/ingest/append_within.hpp"

#include <boost/asio/async_result.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <functional>
#include <memory>

namespace qnzs::ingest {
namespace {

using Receipts = schema::Result<std::vector<Receipt>>;

// Lives in the waiting coroutine, so only its thread ever touches it.
class Wait final : public runtime::Deadline {
 public:
  using Deadline::Deadline;

  void finish(Receipts receipts) {
    if (!resume_) return;
    disarm();
    result = std::move(receipts);
    std::exchange(resume_, nullptr)();
  }

  void resume_with(std::move_only_function<void()> resume) { resume_ = std::move(resume); }

  Receipts result = schema::fail(schema::Fault::internal, "not finished");

 private:
  void expired() override { finish(schema::fail(schema::Fault::late, "not stored in time")); }

  std::move_only_function<void()> resume_;
};

// What the journal's thread sends back. `wait` is followed only on the worker's thread, and is null
// once the coroutine has stopped waiting.
class Stored final : public runtime::Worker::Letter {
 public:
  void run() override {
    if (wait != nullptr) wait->finish(std::move(receipts));
  }

  Wait* wait = nullptr;
  Receipts receipts;
};

}  // namespace

runtime::Awaitable<Receipts> append_within(Journal& journal, runtime::Worker& worker,
                                           std::vector<Entry> entries,
                                           std::chrono::milliseconds time) {
  Wait wait(worker.deadlines());
  const auto stored = std::make_shared<Stored>();
  stored->wait = &wait;
  wait.arm(time);
  const auto begin = [&](auto handler) {
    wait.resume_with([handler = std::move(handler)]() mutable { std::move(handler)(); });
    journal.append(std::move(entries), [stored, &worker](Receipts receipts) {
      stored->receipts = std::move(receipts);
      worker.deliver(stored);
    });
  };
  const boost::asio::use_awaitable_t<runtime::Executor> token;
  auto waiting =
      boost::asio::async_initiate<const boost::asio::use_awaitable_t<runtime::Executor>, void()>(
          begin, token);
  co_await std::move(waiting);
  stored->wait = nullptr;
  co_return std::move(wait.result);
}

}  // namespace qnzs::ingest
