#pragma once

#include "gateway/runtime/metrics.hpp"

#include <string>

namespace qnzs::runtime {

// What every Prometheus client tells of its process (process_cpu_seconds_total,
// process_resident_memory_bytes, process_open_fds, process_max_fds, process_start_time_seconds),
// and qnzs_build_info with the version. Linux.
void expose_process(Metrics& metrics, const std::string& version);

}  // namespace qnzs::runtime
