#include "gateway/runtime/metrics.hpp"

#include "gateway/runtime/process_metrics.hpp"

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

TEST_CASE("The process tells what it uses, and its processor time only grows") {
  Metrics metrics;
  qnzs::runtime::expose_process(metrics, "1.2.3");
  const auto value = [&](const std::string& name) {
    const auto text = metrics.exposition();
    const auto at = text.find("\n" + name + " ");
    REQUIRE_MESSAGE(at != std::string::npos, name);
    return std::stod(text.substr(at + name.size() + 2));
  };
  CHECK(value("qnzs_build_info{version=\"1.2.3\"}") == 1);
  CHECK(value("process_resident_memory_bytes") > 1'000'000);
  CHECK(value("process_open_fds") >= 3);
  CHECK(value("process_max_fds") >= value("process_open_fds"));
  const auto before = value("process_cpu_seconds_total");
  for (volatile int i = 0; i < 50'000'000; i = i + 1) continue;
  CHECK(value("process_cpu_seconds_total") > before);
}
