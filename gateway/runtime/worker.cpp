#include "gateway/runtime/worker.hpp"

#include <boost/asio/post.hpp>

namespace qnzs::runtime {

Worker::Worker() {
  tick();
}

void Worker::deliver(std::shared_ptr<Letter> letter) {
  bool is_first = false;
  {
    const std::scoped_lock lock(mutex_);
    is_first = mailbox_.empty();
    mailbox_.push_back(std::move(letter));
  }
  if (is_first) boost::asio::post(context_, [this] { open_mailbox(); });
}

void Worker::open_mailbox() {
  {
    const std::scoped_lock lock(mutex_);
    opened_.swap(mailbox_);
  }
  for (const auto& letter : opened_) letter->run();
  opened_.clear();
}

void Worker::tick() {
  timer_.expires_after(tick_time);
  timer_.async_wait([this](boost::system::error_code error) {
    if (error) return;
    deadlines_.tick(Deadline::Clock::now());
    tick();
  });
}

void Worker::run() {
  context_.run();
}
void Worker::stop() {
  context_.stop();
}

}  // namespace qnzs::runtime
