#pragma once

#include <chrono>
#include <functional>

namespace qnzs::kafka {

// How long a question to Kafka may take, and who may call it off before. A plain duration is a
// patience that nobody calls off.
class Patience {
 public:
  template <class Rep, class Period>
  Patience(std::chrono::duration<Rep, Period> time, std::function<bool()> is_over = {})
      : time_max_(std::chrono::duration_cast<std::chrono::milliseconds>(time)),
        is_over_(std::move(is_over)) {}

  std::chrono::milliseconds time_max() const { return time_max_; }
  bool is_over() const { return is_over_ && is_over_(); }

 private:
  std::chrono::milliseconds time_max_;
  std::function<bool()> is_over_;
};

// Asks in short pieces until Kafka answers, the time is over, or the question is called off. `ask`
// gets the milliseconds it may block and returns the library's code; the last one is returned.
int ask_in_pieces(const Patience& patience, const std::function<int(int time_ms)>& ask);

}  // namespace qnzs::kafka
