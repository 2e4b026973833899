#pragma once

#include "tests/support/oracle.hpp"

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace qnzs::tests {

// WeChat's side under load: some people write one message after another, each in a conversation of
// its own, in safe mode. A push that is not answered "success" is sent again until it is, and only
// then the next one: so order within a conversation is known.
class Platform {
 public:
  // Posts to /wechat/safe of GatewayProcess. Begins at once. People are numbered from
  // `first_person`: the same ones, begun anew, repeat themselves.
  Platform(std::uint16_t port, Oracle& oracle, std::uint32_t people,
           std::chrono::milliseconds pause, std::uint32_t first_person = 0);
  ~Platform();
  // No new messages; those that are not answered yet are tried for `time_max` more.
  void stop(std::chrono::milliseconds time_max);

 private:
  void write(std::uint32_t person);

  std::uint16_t port_;
  Oracle& oracle_;
  std::chrono::milliseconds pause_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::chrono::steady_clock::time_point> give_up_at_{
      std::chrono::steady_clock::time_point::max()};
  std::vector<std::jthread> people_;
};

}  // namespace qnzs::tests
