#pragma once

#include <cstdint>
#include <string>

namespace qnzs::ingest::test {

// A SQLite file system on a disk that can lose its power. What is written is seen at once by
// whoever reads, but the disk is sure only of what has been synced: of the rest, `cut_power` keeps
// what the seed says, sector by sector of 512 bytes, in whatever order. One database at a time.
struct PowerCutVfs {
  static constexpr const char* name = "qnzs-power-cut";

  // A new disk. With `is_synchronous` false every connection runs with synchronous=OFF, whatever
  // its owner asks for and is told.
  static void begin(bool is_synchronous);
  // What the power's return finds, at `path` and its log. Safe while others write. Each file: all
  // that was synced, and a part of what was not.
  static void cut_power(std::uint32_t seed, const std::string& path);
};

}  // namespace qnzs::ingest::test
