#pragma once

#include "gateway/store/failure.hpp"

#include <cstdint>
#include <expected>
#include <string>

namespace qnzs::store {

// Keeps other processes out for as long as it lives. The file stays, with the holder's pid as its
// text.
class FileLock {
 public:
  // At once: takes the lock or fails with `busy`, then `reason` is the holder's pid ("?" when not
  // known).
  static Result<FileLock> take(const std::string& path);
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

// Makes an empty file that only its owner may read, when there is none.
Result<void> make_private(const std::string& path);

// Makes a file's content, or a folder's names, survive a power cut.
Result<void> make_durable(const std::string& path);

// Gives a finished file its name, durably; another file of that name is gone in the same moment.
Result<void> replace_file(const std::string& from, const std::string& to);

// The same, where there must be no file of that name yet.
Result<void> finish_file(const std::string& from, const std::string& to);

// Free space for us on the file system of `path`; the largest number when it cannot be told.
std::uint64_t disk_free_bytes(const std::string& path);

// Size of a file; 0 when there is none.
std::uint64_t file_bytes(const std::string& path);

}  // namespace qnzs::store
