// ThreadSanitizer knows pthreads but not C11 threads, and Debian's librdkafka is built on the
// latter: a thread it starts has no state in the sanitizer and dies at its first allocation. Under
// the preset `tsan` these definitions take the place of the C library's. Its C11 types are its
// pthread types under other names (its threads.h gives both the same sizes), so each call is passed
// on to the one that ThreadSanitizer intercepts.
#include <cerrno>
#include <memory>
#include <pthread.h>
#include <threads.h>

static_assert(sizeof(mtx_t) == sizeof(pthread_mutex_t) && sizeof(cnd_t) == sizeof(pthread_cond_t));
static_assert(sizeof(thrd_t) == sizeof(pthread_t));

namespace {

struct Start {
  thrd_start_t run;
  void* argument;
};

void* run_thread(void* given) {
  const std::unique_ptr<Start> start(static_cast<Start*>(given));
  return reinterpret_cast<void*>(static_cast<long>(start->run(start->argument)));
}

int c11_result(int error) {
  switch (error) {
    case 0:
      return thrd_success;
    case EBUSY:
      return thrd_busy;
    case ENOMEM:
      return thrd_nomem;
    case ETIMEDOUT:
      return thrd_timedout;
    default:
      return thrd_error;
  }
}

pthread_mutex_t* native(mtx_t* mutex) {
  return reinterpret_cast<pthread_mutex_t*>(mutex);
}
pthread_cond_t* native(cnd_t* condition) {
  return reinterpret_cast<pthread_cond_t*>(condition);
}

}  // namespace

extern "C" {

int thrd_create(thrd_t* thread, thrd_start_t run, void* argument) {
  auto start = std::make_unique<Start>(Start{run, argument});
  const int result = c11_result(pthread_create(thread, nullptr, run_thread, start.get()));
  if (result == thrd_success) static_cast<void>(start.release());
  return result;
}

int thrd_join(thrd_t thread, int* code) {
  void* returned = nullptr;
  const int result = c11_result(pthread_join(thread, &returned));
  if (code != nullptr) *code = static_cast<int>(reinterpret_cast<long>(returned));
  return result;
}

int mtx_init(mtx_t* mutex, int type) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_settype(
      &attributes, (type & mtx_recursive) != 0 ? PTHREAD_MUTEX_RECURSIVE : PTHREAD_MUTEX_NORMAL);
  const int result = c11_result(pthread_mutex_init(native(mutex), &attributes));
  pthread_mutexattr_destroy(&attributes);
  return result;
}

int mtx_lock(mtx_t* mutex) {
  return c11_result(pthread_mutex_lock(native(mutex)));
}
int mtx_unlock(mtx_t* mutex) {
  return c11_result(pthread_mutex_unlock(native(mutex)));
}
void mtx_destroy(mtx_t* mutex) {
  pthread_mutex_destroy(native(mutex));
}

int cnd_init(cnd_t* condition) {
  return c11_result(pthread_cond_init(native(condition), nullptr));
}
int cnd_signal(cnd_t* condition) {
  return c11_result(pthread_cond_signal(native(condition)));
}
int cnd_broadcast(cnd_t* condition) {
  return c11_result(pthread_cond_broadcast(native(condition)));
}
void cnd_destroy(cnd_t* condition) {
  pthread_cond_destroy(native(condition));
}

int cnd_wait(cnd_t* condition, mtx_t* mutex) {
  return c11_result(pthread_cond_wait(native(condition), native(mutex)));
}

int cnd_timedwait(cnd_t* condition, mtx_t* mutex, const timespec* until) {
  return c11_result(pthread_cond_timedwait(native(condition), native(mutex), until));
}

}  // extern "C"
