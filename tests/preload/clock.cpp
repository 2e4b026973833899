// The wall clock of a gateway that a test sets: everything that asks for it gets the kernel's plus
// the nanoseconds in the file QNZS_CLOCK_FILE. The steady clock stays, as when an administrator or
// NTP sets a real one. Waits inside the C library until a wall-clock time are the kernel's and do
// not move; the gateway has none.
#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <threads.h>
#include <unistd.h>

namespace {

constexpr std::int64_t second = 1'000'000'000;

const volatile std::int64_t* map_offset() {
  const char* path = std::getenv("QNZS_CLOCK_FILE");
  const int file = path == nullptr ? -1 : open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return nullptr;
  void* bytes = mmap(nullptr, sizeof(std::int64_t), PROT_READ, MAP_SHARED, file, 0);
  close(file);
  return bytes == MAP_FAILED ? nullptr : static_cast<std::int64_t*>(bytes);
}

std::int64_t ahead() {
  static const auto* const offset = map_offset();
  return offset == nullptr ? 0 : *offset;
}

std::int64_t wall_clock() {
  timespec now{};
  syscall(SYS_clock_gettime, CLOCK_REALTIME, &now);
  return now.tv_sec * second + now.tv_nsec + ahead();
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* out) noexcept {
  if (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)
    return static_cast<int>(syscall(SYS_clock_gettime, clock, out));
  const auto now = wall_clock();
  *out = {now / second, now % second};
  return 0;
}

int gettimeofday(timeval* out, void*) noexcept {
  const auto now = wall_clock();
  *out = {now / second, now % second / 1000};
  return 0;
}

time_t time(time_t* out) noexcept {
  const auto now = wall_clock() / second;
  if (out != nullptr) *out = now;
  return now;
}

int timespec_get(timespec* out, int base) noexcept {
  const auto now = wall_clock();
  *out = {now / second, now % second};
  return base;
}

int cnd_timedwait(cnd_t* condition, mtx_t* mutex, const timespec* until) {
  static const auto real =
      reinterpret_cast<decltype(&cnd_timedwait)>(dlsym(RTLD_NEXT, "cnd_timedwait"));
  const auto at = until->tv_sec * second + until->tv_nsec - ahead();
  const timespec kernels{at / second, at % second};
  return real(condition, mutex, &kernels);
}

}  // extern "C"
