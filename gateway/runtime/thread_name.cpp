#include "gateway/runtime/thread_name.hpp"

#include <pthread.h>

namespace qnzs::runtime {

void name_thread(const char* name) {
  pthread_setname_np(pthread_self(), name);
}

}  // namespace qnzs::runtime
