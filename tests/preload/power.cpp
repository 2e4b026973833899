#include "tests/preload/power.hpp"

#include "tests/preload/descriptor.hpp"

#include <cstdlib>
#include <fcntl.h>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <sys/syscall.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace qnzs::preload {
namespace {

// Bytes that were written there; size -1: the file was cut at the offset.
struct Change {
  off64_t offset;
  ssize_t size;
};

std::mutex mutex;
std::map<std::string_view, std::vector<Change>>& unsynced() {  // by file, guarded by mutex
  static auto* const changes = new std::map<std::string_view, std::vector<Change>>;
  return *changes;
}

void note(int descriptor, Change change) {
  if (setting("QNZS_SYNCED_FOLDER").empty()) return;
  const auto file = journal_file(descriptor);
  if (file.empty()) return;
  const std::scoped_lock lock(mutex);
  unsynced()[file].push_back(change);
}

// A copy that is not whole would let a test pass or fail for no reason.
void must(bool is_done) {
  if (!is_done) std::abort();
}

void copy(int from, int to, const Change& change) {
  std::string bytes(static_cast<std::size_t>(change.size), '\0');
  // Where the file was cut afterwards, less is there.
  const auto size = pread(from, bytes.data(), bytes.size(), change.offset);
  must(size >= 0 && syscall(SYS_pwrite64, to, bytes.data(), size, change.offset) == size);
}

}  // namespace

void note_write(int descriptor, off64_t offset, ssize_t size) {
  note(descriptor, {offset, size});
}

void note_sync(int descriptor) {
  const auto folder = setting("QNZS_SYNCED_FOLDER");
  if (folder.empty()) return;
  const auto file = journal_file(descriptor);
  if (file.empty()) return;
  const std::scoped_lock lock(mutex);
  const auto path = std::string(folder) + "/" + std::string(file);
  const int to = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  must(to >= 0);
  // SQLite opens its files to read and write, so that they can be read back here.
  for (const auto& change : std::exchange(unsynced()[file], {})) {
    change.size < 0 ? must(ftruncate(to, change.offset) == 0) : copy(descriptor, to, change);
  }
  close(to);
}

}  // namespace qnzs::preload

extern "C" int ftruncate64(int descriptor, off64_t size) noexcept {
  const auto result = static_cast<int>(syscall(SYS_ftruncate, descriptor, size));
  if (result == 0) qnzs::preload::note(descriptor, {size, -1});
  return result;
}
