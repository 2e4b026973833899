#pragma once

#include "config/gateway.hpp"
#include "gateway/alarm/delivery.hpp"
#include "gateway/alarm/rules.hpp"
#include "gateway/runtime/metrics.hpp"

#include <array>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace qnzs::alarm {

// Looks at the facts on a thread of its own, logs and counts the alarms and has them delivered.
// Nothing waits for it but `stop`.
class Watch {
 public:
  // `facts` is called from the watch's thread until `stop` has returned; cheap, never blocks.
  // `metrics` must outlive the watch.
  Watch(const config::AlarmSettings& settings, const std::string& gateway,
        std::function<Facts()> facts, runtime::Metrics& metrics);
  ~Watch() { stop(); }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  void start();
  // Ends a delivery that is under way. Blocking, well below a second, but for a name that the
  // resolver is looking up.
  void stop();

 private:
  void run(const std::stop_token& stopping);
  void look(const std::stop_token& stopping);
  void tell(const Alarm& alarm, const std::stop_token& stopping);

  const std::chrono::milliseconds look_time_;
  const std::function<Facts()> facts_;
  Rules rules_;
  const Delivery delivery_;
  struct WayCounters {
    runtime::Counter delivered, failed;
  };
  std::array<WayCounters, 2> ways_;                // by Way
  std::array<runtime::Gauge, kind_count> active_;  // by Kind
  std::jthread thread_;
};

}  // namespace qnzs::alarm
