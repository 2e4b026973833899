#include "tests/support/small_disk.hpp"

#include <fcntl.h>
#include <fstream>
#include <sys/mount.h>
#include <unistd.h>

namespace qnzs::tests {

SmallDisk::SmallDisk(std::size_t mib) {
  const auto place = file("");
  std::filesystem::create_directory(place);
  const auto size = "size=" + std::to_string(mib) + "m";
  is_mounted_ = mib > 0 && mount("none", place.c_str(), "tmpfs", 0, size.c_str()) == 0;
}

SmallDisk::~SmallDisk() {
  if (is_mounted_) umount2(file("").c_str(), MNT_DETACH);
}

std::vector<std::string> SmallDisk::environment() const {
  if (is_mounted_) return {};
  return {"LD_PRELOAD=" QNZS_PRELOAD, "QNZS_DISK_FULL_WHILE=" + folder_.file("full")};
}

void SmallDisk::fill() {
  if (!is_mounted_) return static_cast<void>(std::ofstream(folder_.file("full")));
  const int filler = open(file("filler").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  const std::string bytes(4096, 'x');
  while (write(filler, bytes.data(), bytes.size()) > 0) continue;
  close(filler);
}

void SmallDisk::free() {
  std::filesystem::remove(is_mounted_ ? file("filler") : folder_.file("full"));
}

}  // namespace qnzs::tests
