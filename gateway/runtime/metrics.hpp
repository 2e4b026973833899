#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

// Counters, gauges and histograms in Prometheus' terms, and their text exposition.
namespace qnzs::runtime {

using Labels = std::map<std::string, std::string>;

// Handles are cheap to copy and valid as long as the Metrics they come from; safe from any thread.
class Counter {
 public:
  void add(double amount = 1) const;
  double value() const;

 private:
  friend class Metrics;
  void* counter_ = nullptr;
};

class Gauge {
 public:
  void set(double value) const;

 private:
  friend class Metrics;
  void* gauge_ = nullptr;
};

class Histogram {
 public:
  void observe(double value) const;

 private:
  friend class Metrics;
  void* histogram_ = nullptr;
};

class Metrics {
 public:
  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // The same name and labels give the same series; `help` is the first one's. Names follow
  // Prometheus: qnzs_…, base units, counters end in _total. Safe from any thread; slow: keep the
  // handle.
  Counter counter(const std::string& name, const std::string& help, const Labels& labels = {});
  Gauge gauge(const std::string& name, const std::string& help, const Labels& labels = {});
  Histogram histogram(const std::string& name, const std::string& help,
                      const std::vector<double>& bounds, const Labels& labels = {});

  // `refresh` runs before each exposition, to set gauges from snapshots. Add before serving starts.
  void before_exposition(std::function<void()> refresh);
  // Text format 0.0.4.
  std::string exposition();

  // Bounds for latencies in seconds, 50 µs to 10 s.
  static const std::vector<double>& latency_bounds();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace qnzs::runtime
