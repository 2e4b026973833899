#include "gateway/runtime/worker.hpp"

#include "schema/crypto.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>

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

std::array<std::uint8_t, 16> Worker::random() {
  std::array<std::uint8_t, 16> bytes{};
  if (pool_used_ == pool_.size()) {
    schema::crypto::random_bytes(pool_);
    pool_used_ = 0;
  }
  std::copy_n(pool_.begin() + static_cast<std::ptrdiff_t>(pool_used_), bytes.size(), bytes.begin());
  pool_used_ += bytes.size();
  return bytes;
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
