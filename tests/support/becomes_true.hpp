#pragma once

#include <chrono>
#include <functional>
#include <thread>

namespace qnzs::tests {

// Asks ten times a second; false when the condition has not become true within the time.
inline bool becomes_true(const std::function<bool()>& condition,
                         std::chrono::milliseconds time_max = std::chrono::seconds(40)) {
  const auto until = std::chrono::steady_clock::now() + time_max;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  return true;
}

}  // namespace qnzs::tests
