#pragma once

#include "tests/support/temporary_folder.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace qnzs::tests {

// A small file system of its own for a journal. Where mounting is not allowed, a folder whose
// journal gets ENOSPC from the library of tests/preload while it is "full".
class SmallDisk {
 public:
  // 0: the latter, everywhere; its size is the disk's.
  explicit SmallDisk(std::size_t mib);
  ~SmallDisk();
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  bool is_real() const { return is_mounted_; }
  std::string file(const std::string& name) const { return folder_.file("disk/" + name); }
  // What a gateway on it must be started with.
  std::vector<std::string> environment() const;

  void fill();  // to the last byte
  void free();

 private:
  TemporaryFolder folder_;
  bool is_mounted_ = false;
};

}  // namespace qnzs::tests
