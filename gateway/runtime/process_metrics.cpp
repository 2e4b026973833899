#include "gateway/runtime/process_metrics.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sys/resource.h>
#include <system_error>
#include <unistd.h>

namespace qnzs::runtime {
namespace {

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return seconds_of(used.ru_utime) + seconds_of(used.ru_stime);
}

double resident_bytes() {
  std::ifstream file("/proc/self/statm");
  double all = 0;
  double resident = 0;
  file >> all >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double open_files() {
  std::error_code ignored;
  const std::filesystem::directory_iterator files("/proc/self/fd", ignored);
  return static_cast<double>(std::distance(begin(files), end(files)));
}

double open_files_max() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<double>(limit.rlim_cur);
}

}  // namespace

void expose_process(Metrics& metrics, const std::string& version) {
  metrics.gauge("qnzs_build_info", "1; the version is the label.", {{"version", version}}).set(1);
  const std::chrono::duration<double> now = std::chrono::system_clock::now().time_since_epoch();
  metrics.gauge("process_start_time_seconds", "Start of the process since 1970.").set(now.count());
  const auto cpu = metrics.counter("process_cpu_seconds_total", "Processor time, user and system.");
  const auto resident = metrics.gauge("process_resident_memory_bytes", "Resident memory.");
  const auto files = metrics.gauge("process_open_fds", "Open file descriptors.");
  const auto files_max = metrics.gauge("process_max_fds", "Most file descriptors allowed.");
  metrics.before_exposition([=] {
    cpu.add(std::max(0.0, cpu_seconds() - cpu.value()));
    resident.set(resident_bytes());
    files.set(open_files());
    files_max.set(open_files_max());
  });
}

}  // namespace qnzs::runtime
