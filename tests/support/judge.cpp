#include "tests/support/judge.hpp"

#include <doctest/doctest.h>

#include <csignal>

namespace qnzs::tests {

Verdict judge(Oracle& oracle, const GatewayProcess& gateway, std::size_t answered_min) {
  const auto verdict = oracle.judge(std::chrono::seconds(90));
  MESSAGE("answered " << verdict.answered << ", seen " << verdict.seen << ", answer lost "
                      << verdict.unanswered);
  if (verdict.missing > 0 || verdict.twice > 0 || verdict.disordered > 0) MESSAGE(gateway.log());
  CHECK(verdict.answered >= answered_min);
  CHECK(verdict.missing == 0);
  CHECK(verdict.twice == 0);
  CHECK(verdict.disordered == 0);
  return verdict;
}

void stop(GatewayProcess& gateway) {
  gateway.signal(SIGTERM);
  CHECK(gateway.wait(std::chrono::seconds(20)) == 0);
}

}  // namespace qnzs::tests
