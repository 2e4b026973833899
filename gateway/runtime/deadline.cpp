#include "gateway/runtime/deadline.hpp"

namespace qnzs::runtime {

Deadline::Deadline(Deadlines& list) : list_(list), next_(list.first_) {
  if (next_ != nullptr) next_->previous_ = this;
  list_.first_ = this;
}

Deadline::~Deadline() {
  if (list_.cursor_ == this) list_.cursor_ = next_;
  if (previous_ != nullptr) previous_->next_ = next_;
  if (next_ != nullptr) next_->previous_ = previous_;
  if (list_.first_ == this) list_.first_ = next_;
}

void Deadline::arm(std::chrono::milliseconds time) {
  at_ = Clock::now() + time;
}

void Deadlines::tick(Deadline::Clock::time_point now) {
  for (auto* deadline = first_; deadline != nullptr; deadline = cursor_) {
    cursor_ = deadline->next_;
    if (deadline->at_ <= now) {
      deadline->disarm();
      deadline->expired();  // may destroy any of them: `cursor_` moves with it
    }
  }
  cursor_ = nullptr;
}

}  // namespace qnzs::runtime
