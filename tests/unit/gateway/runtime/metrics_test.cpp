#include "gateway/runtime/metrics.hpp"

#include <doctest/doctest.h>

#include <thread>

using qnzs::runtime::Metrics;

TEST_CASE("the same name and labels are one series") {
  Metrics metrics;
  metrics.counter("qnzs_test_total", "Help.", {{"a", "1"}}).add(2);
  metrics.counter("qnzs_test_total", "Help.", {{"a", "1"}}).add();
  metrics.counter("qnzs_test_total", "Help.", {{"a", "2"}}).add();
  const auto text = metrics.exposition();
  CHECK(text.find("qnzs_test_total{a=\"1\"} 3") != std::string::npos);
  CHECK(text.find("qnzs_test_total{a=\"2\"} 1") != std::string::npos);
  CHECK(text.find("# HELP qnzs_test_total Help.") != std::string::npos);
}

TEST_CASE("gauges are refreshed before each exposition") {
  Metrics metrics;
  int value = 1;
  const auto gauge = metrics.gauge("qnzs_test_now", "Help.");
  metrics.before_exposition([&] { gauge.set(value); });
  CHECK(metrics.exposition().find("qnzs_test_now 1") != std::string::npos);
  value = 7;
  CHECK(metrics.exposition().find("qnzs_test_now 7") != std::string::npos);
}

TEST_CASE("counts of several threads add up") {
  Metrics metrics;
  const auto counter = metrics.counter("qnzs_test_total", "Help.");
  const auto histogram = metrics.histogram("qnzs_test_seconds", "Help.", Metrics::latency_bounds());
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 1000; ++n) {
        counter.add();
        histogram.observe(0.003);
      }
    });
  }
  threads.clear();
  const auto text = metrics.exposition();
  CHECK(text.find("qnzs_test_total 4000") != std::string::npos);
  CHECK(text.find("qnzs_test_seconds_bucket{le=\"0.005\"} 4000") != std::string::npos);
  CHECK(text.find("qnzs_test_seconds_bucket{le=\"0.0025\"} 0") != std::string::npos);
}
