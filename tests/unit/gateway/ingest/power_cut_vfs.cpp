#include "tests/unit/gateway/ingest/power_cut_vfs.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <fstream>
#include <map>
#include <mutex>
#include <new>
#include <random>
#include <string_view>
#include <vector>

namespace qnzs::ingest::test {
namespace {

constexpr std::size_t sector = 512;

struct Write {
  std::size_t offset = 0;
  std::string bytes;
  bool is_truncation = false;
};

// One file as the disk has it.
struct Stored {
  bool exists = false;  // its name is on the disk: since its first sync
  std::string synced;
  std::vector<Write> unsynced;
};

std::mutex mutex;
std::map<std::string, Stored> disk;  // guarded by mutex; by the end of the path: "", "-wal"
std::atomic<bool> synchronous = true;

void apply(std::string& bytes, const Write& write) {
  if (write.is_truncation) return bytes.resize(std::min(bytes.size(), write.offset));
  if (write.bytes.empty()) return;
  bytes.resize(std::max(bytes.size(), write.offset + write.bytes.size()));
  std::ranges::copy(write.bytes, bytes.begin() + static_cast<std::ptrdiff_t>(write.offset));
}

// Cut where sectors end: what the disk writes at once.
std::vector<Write> sectors_of(const Write& write) {
  if (write.is_truncation) return {write};
  std::vector<Write> parts;
  for (std::size_t done = 0; done < write.bytes.size();) {
    const auto offset = write.offset + done;
    const auto size = std::min(sector - offset % sector, write.bytes.size() - done);
    parts.push_back({offset, write.bytes.substr(done, size)});
    done += size;
  }
  return parts;
}

// Sectors of one place keep their order; between places there is none.
std::string left_of(const Stored& file, std::mt19937& random) {
  auto bytes = file.synced;
  const auto kept_percent = std::uniform_int_distribution<int>(0, 100)(random);
  for (const auto& write : file.unsynced) {
    for (const auto& part : sectors_of(write)) {
      if (std::uniform_int_distribution<int>(0, 99)(random) < kept_percent) apply(bytes, part);
    }
  }
  return bytes;
}

struct File {
  sqlite3_file base;
  sqlite3_file* real;  // in the bytes behind
  Stored* stored;      // null: a temporary file
};

sqlite3_vfs* real_vfs() {
  return sqlite3_vfs_find("unix");
}
File* file_of(sqlite3_file* file) {
  return reinterpret_cast<File*>(file);
}
sqlite3_file* real(sqlite3_file* file) {
  return file_of(file)->real;
}

void note(sqlite3_file* file, Write write) {
  auto* stored = file_of(file)->stored;
  const std::lock_guard lock(mutex);
  if (stored != nullptr) stored->unsynced.push_back(std::move(write));
}

int write(sqlite3_file* file, const void* in, int bytes, sqlite3_int64 offset) {
  note(file, {static_cast<std::size_t>(offset),
              std::string(static_cast<const char*>(in), static_cast<std::size_t>(bytes))});
  return real(file)->pMethods->xWrite(real(file), in, bytes, offset);
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
  note(file, {static_cast<std::size_t>(size), {}, true});
  return real(file)->pMethods->xTruncate(real(file), size);
}

int sync(sqlite3_file* file, int) {
  auto* stored = file_of(file)->stored;
  const std::lock_guard lock(mutex);
  if (stored == nullptr) return SQLITE_OK;
  for (const auto& pending : stored->unsynced) apply(stored->synced, pending);
  stored->unsynced.clear();
  stored->exists = true;
  return SQLITE_OK;
}

// Told to go without syncing, a connection lets nobody change or see that.
int control(sqlite3_file* file, int what, void* argument) {
  if (what == SQLITE_FCNTL_PRAGMA && !synchronous) {
    auto** words = static_cast<char**>(argument);
    const std::string_view value = words[2] == nullptr ? "" : words[2];
    if (std::string_view(words[1]) == "synchronous" && value != "OFF") {
      words[0] = sqlite3_mprintf("2");
      return SQLITE_OK;
    }
  }
  return real(file)->pMethods->xFileControl(real(file), what, argument);
}

// Everything else goes through, method by method.
template <auto Method, class... Arguments>
int pass(sqlite3_file* file, Arguments... arguments) {
  return (real(file)->pMethods->*Method)(real(file), arguments...);
}

void shm_barrier(sqlite3_file* file) {
  real(file)->pMethods->xShmBarrier(real(file));
}

using M = sqlite3_io_methods;
const sqlite3_io_methods methods = {
    2,
    pass<&M::xClose>,
    pass<&M::xRead, void*, int, sqlite3_int64>,
    write,
    truncate,
    sync,
    pass<&M::xFileSize, sqlite3_int64*>,
    pass<&M::xLock, int>,
    pass<&M::xUnlock, int>,
    pass<&M::xCheckReservedLock, int*>,
    control,
    pass<&M::xSectorSize>,
    pass<&M::xDeviceCharacteristics>,
    pass<&M::xShmMap, int, int, int, void volatile**>,
    pass<&M::xShmLock, int, int, int>,
    shm_barrier,
    pass<&M::xShmUnmap, int>,
    nullptr,
    nullptr,
};

std::string suffix_of(int flags) {
  return (flags & SQLITE_OPEN_WAL) != 0            ? "-wal"
         : (flags & SQLITE_OPEN_MAIN_JOURNAL) != 0 ? "-journal"
                                                   : "";
}

int open(sqlite3_vfs*, const char* path, sqlite3_file* file, int flags, int* out_flags) {
  auto* opened = new (file) File{};
  opened->real = reinterpret_cast<sqlite3_file*>(opened + 1);
  const bool is_temporary = path == nullptr || (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
  if (!is_temporary) {
    const std::lock_guard lock(mutex);
    opened->stored = &disk[suffix_of(flags)];
  }
  const int code = real_vfs()->xOpen(real_vfs(), path, opened->real, flags, out_flags);
  if (opened->real->pMethods != nullptr) opened->base.pMethods = &methods;
  return code;
}

int remove(sqlite3_vfs*, const char* path, int sync_folder) {
  {
    const std::lock_guard lock(mutex);
    for (auto& [suffix, stored] : disk) {
      if (!suffix.empty() && std::string_view(path).ends_with(suffix)) stored = {};
    }
  }
  return real_vfs()->xDelete(real_vfs(), path, sync_folder);
}

int switch_off(sqlite3* connection, const char**, const sqlite3_api_routines*) {
  return synchronous
             ? SQLITE_OK
             : sqlite3_exec(connection, "PRAGMA synchronous=OFF", nullptr, nullptr, nullptr);
}

bool register_once() {
  static sqlite3_vfs vfs = *real_vfs();
  vfs.szOsFile += static_cast<int>(sizeof(File));
  vfs.zName = PowerCutVfs::name;
  vfs.xOpen = open;
  vfs.xDelete = remove;
  sqlite3_auto_extension(reinterpret_cast<void (*)()>(switch_off));
  return sqlite3_vfs_register(&vfs, 0) == SQLITE_OK;
}

}  // namespace

void PowerCutVfs::begin(bool is_synchronous) {
  static const bool is_registered = register_once();
  (void)is_registered;
  const std::lock_guard lock(mutex);
  disk.clear();
  synchronous = is_synchronous;
}

void PowerCutVfs::cut_power(std::uint32_t seed, const std::string& path) {
  std::mt19937 random(seed);
  const std::lock_guard lock(mutex);
  for (const auto& [suffix, stored] : disk) {
    if (!stored.exists) continue;
    const auto bytes = left_of(stored, random);
    std::ofstream(path + suffix, std::ios::binary) << bytes;
  }
  synchronous = true;
}

}  // namespace qnzs::ingest::test
