#include "gateway/store/file.hpp"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <limits>
#include <string_view>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace qnzs::store {
namespace {

constexpr mode_t owner_only = 0600;

std::unexpected<Failure> failed(std::string_view doing, int error) {
  const auto trouble = error == EROFS || error == EACCES ? Trouble::read_only
                       : error == ENOSPC                 ? Trouble::full
                                                         : Trouble::missing;
  return std::unexpected(
      Failure{trouble, 0, std::string(doing) + ": " + std::generic_category().message(error)});
}

std::string holder(int descriptor) {
  std::array<char, 16> text{};
  const auto size = ::pread(descriptor, text.data(), text.size(), 0);
  const std::string_view pid(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  const auto digits = pid.substr(0, pid.find_first_not_of("0123456789"));
  return digits.empty() ? "?" : std::string(digits);
}

}  // namespace

Result<FileLock> FileLock::take(const std::string& path) {
  FileLock lock(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, owner_only));
  if (lock.descriptor_ < 0) return failed("lock", errno);
  if (::flock(lock.descriptor_, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return failed("lock", errno);
    return std::unexpected(Failure{Trouble::busy, 0, holder(lock.descriptor_)});
  }
  const auto pid = std::to_string(::getpid()) + "\n";
  if (::ftruncate(lock.descriptor_, 0) != 0 ||
      ::pwrite(lock.descriptor_, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    return failed("lock", errno);
  }
  return lock;
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock::~FileLock() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Result<void> make_private(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, owner_only);
  if (descriptor < 0) return failed("make", errno);
  ::close(descriptor);
  return {};
}

Result<void> make_durable(const std::string& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool is_durable = descriptor >= 0 && ::fsync(descriptor) == 0;
  const int error = errno;
  if (descriptor >= 0) ::close(descriptor);
  if (!is_durable) return failed("sync", error);
  return {};
}

Result<void> replace_file(const std::string& from, const std::string& to) {
  if (auto content = make_durable(from); !content) return content;
  if (::rename(from.c_str(), to.c_str()) != 0) return failed("finish", errno);
  return make_durable(std::filesystem::absolute(to).parent_path().string());
}

Result<void> finish_file(const std::string& from, const std::string& to) {
  if (::access(to.c_str(), F_OK) == 0) return failed("finish", EEXIST);
  return replace_file(from, to);
}

std::uint64_t disk_free_bytes(const std::string& path) {
  struct statvfs system{};
  if (::statvfs(path.c_str(), &system) != 0) return std::numeric_limits<std::uint64_t>::max();
  return std::uint64_t{system.f_bavail} * system.f_frsize;
}

std::uint64_t file_bytes(const std::string& path) {
  struct stat file{};
  return ::stat(path.c_str(), &file) == 0 ? static_cast<std::uint64_t>(file.st_size) : 0;
}

}  // namespace qnzs::store
