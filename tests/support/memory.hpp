#pragma once

#include <cstdlib>
#include <fstream>
#include <string>
#include <sys/types.h>
#include <unistd.h>

namespace qnzs::tests {

// Resident memory of a process.
inline double rss_mib(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/statm");
  long all = 0, resident = 0;
  file >> all >> resident;
  return static_cast<double>(resident * sysconf(_SC_PAGESIZE)) / (1024 * 1024);
}

// AddressSanitizer keeps freed memory for a while, up to 256 MiB: too much to see growth beside it.
// For processes that are started from now on.
inline void free_soon() {
  setenv("ASAN_OPTIONS", "quarantine_size_mb=1", 1);
}

}  // namespace qnzs::tests
