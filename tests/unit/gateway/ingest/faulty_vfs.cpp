#include "tests/unit/gateway/ingest/faulty_vfs.hpp"

#include <sqlite3.h>

#include <new>

namespace qnzs::ingest::test {
namespace {

FaultyVfs switches;

struct File {
  sqlite3_file base;
  sqlite3_file* real;  // in the bytes behind
};

sqlite3_vfs* real_vfs() {
  return sqlite3_vfs_find(nullptr);
}
File* file_of(sqlite3_file* file) {
  return reinterpret_cast<File*>(file);
}
sqlite3_file* real(sqlite3_file* file) {
  return file_of(file)->real;
}

int read(sqlite3_file* file, void* out, int bytes, sqlite3_int64 offset) {
  if (switches.reads_short) return SQLITE_IOERR_READ;
  return real(file)->pMethods->xRead(real(file), out, bytes, offset);
}

int write(sqlite3_file* file, const void* in, int bytes, sqlite3_int64 offset) {
  if (switches.is_full) return SQLITE_FULL;
  if (switches.fails_write) return SQLITE_IOERR_WRITE;
  if (switches.is_corrupt) return SQLITE_CORRUPT;
  if (switches.has_no_memory) return SQLITE_NOMEM;
  return real(file)->pMethods->xWrite(real(file), in, bytes, offset);
}

int sync(sqlite3_file* file, int flags) {
  ++switches.syncs;
  if (switches.fails_sync) return SQLITE_IOERR_FSYNC;
  return real(file)->pMethods->xSync(real(file), flags);
}

// Everything else goes through, method by method.
template <auto Method, class... Arguments>
int pass(sqlite3_file* file, Arguments... arguments) {
  return (real(file)->pMethods->*Method)(real(file), arguments...);
}

int shm_lock(sqlite3_file* file, int offset, int count, int flags) {
  if (switches.fails_lock && (flags & SQLITE_SHM_LOCK) != 0) return SQLITE_IOERR_SHMLOCK;
  return real(file)->pMethods->xShmLock(real(file), offset, count, flags);
}

void shm_barrier(sqlite3_file* file) {
  real(file)->pMethods->xShmBarrier(real(file));
}

using M = sqlite3_io_methods;
const sqlite3_io_methods methods = {
    2,
    pass<&M::xClose>,
    read,
    write,
    pass<&M::xTruncate, sqlite3_int64>,
    sync,
    pass<&M::xFileSize, sqlite3_int64*>,
    pass<&M::xLock, int>,
    pass<&M::xUnlock, int>,
    pass<&M::xCheckReservedLock, int*>,
    pass<&M::xFileControl, int, void*>,
    pass<&M::xSectorSize>,
    pass<&M::xDeviceCharacteristics>,
    pass<&M::xShmMap, int, int, int, void volatile**>,
    shm_lock,
    shm_barrier,
    pass<&M::xShmUnmap, int>,
    nullptr,
    nullptr,
};

int open(sqlite3_vfs*, const char* path, sqlite3_file* file, int flags, int* out_flags) {
  auto* opened = new (file) File{};
  opened->real = reinterpret_cast<sqlite3_file*>(opened + 1);
  if (switches.opens_read_only && (flags & SQLITE_OPEN_MAIN_DB) != 0) {
    flags = (flags & ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)) | SQLITE_OPEN_READONLY;
  }
  const int code = real_vfs()->xOpen(real_vfs(), path, opened->real, flags, out_flags);
  if (opened->real->pMethods != nullptr) opened->base.pMethods = &methods;
  return code;
}

bool register_once() {
  static sqlite3_vfs vfs = *real_vfs();
  vfs.szOsFile += static_cast<int>(sizeof(File));
  vfs.zName = FaultyVfs::name;
  vfs.xOpen = open;
  return sqlite3_vfs_register(&vfs, 0) == SQLITE_OK;
}

}  // namespace

FaultyVfs& faulty_vfs() {
  static const bool is_registered = register_once();
  (void)is_registered;
  switches.fails_sync = switches.is_full = switches.fails_write = false;
  switches.reads_short = switches.opens_read_only = switches.is_corrupt = false;
  switches.fails_lock = switches.has_no_memory = false;
  return switches;
}

}  // namespace qnzs::ingest::test
