// Preloaded into a gateway by fault tests (fault_point.hpp): what stands between it and SQLite's
// file, librdkafka and the disk. The gateway itself has no line for it, so it costs nothing where
// it is not loaded. Never sanitized: it is called before a sanitizer is ready.
#include "tests/preload/descriptor.hpp"
#include "tests/preload/power.hpp"

#include <librdkafka/rdkafka.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <sys/syscall.h>
#include <unistd.h>

namespace {

using namespace qnzs::preload;  // NOLINT

// Says that the point was reached, then ends or stops this process: nothing runs in between.
void reached(std::string_view point) {
  static std::atomic<int> times{0};
  const auto nth = setting("QNZS_FAULT_NTH");
  if (setting("QNZS_FAULT_POINT") != point || ++times != std::atoi(nth.data())) return;
  const int told = open(setting("QNZS_FAULT_TOLD").data(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  const bool is_told = write(told, point.data(), point.size()) > 0;
  close(told);
  // To this thread: a stop that another one has to take first lets this one go on for a while.
  if (is_told) raise(setting("QNZS_FAULT_SIGNAL") == "STOP" ? SIGSTOP : SIGKILL);
}

bool is_disk_full(int descriptor) {
  const auto mark = setting("QNZS_DISK_FULL_WHILE");
  return !mark.empty() && access(mark.data(), F_OK) == 0 && !journal_file(descriptor).empty();
}

}  // namespace

extern "C" {

// SQLite writes the file itself only in a checkpoint.
ssize_t pwrite64(int descriptor, const void* bytes, size_t size, off64_t offset) {
  if (is_disk_full(descriptor)) {
    errno = ENOSPC;
    return -1;
  }
  if (setting("QNZS_FAULT_POINT") == "in_checkpoint" && journal_file(descriptor) == "journal.db")
    reached("in_checkpoint");
  const auto written = syscall(SYS_pwrite64, descriptor, bytes, size, offset);
  if (written > 0) note_write(descriptor, offset, written);
  return written;
}

// The fsync of the log is the journal's commit.
int fdatasync(int descriptor) {
  const int result = static_cast<int>(syscall(SYS_fdatasync, descriptor));
  if (result == 0) note_sync(descriptor);
  if (setting("QNZS_FAULT_POINT") == "stored_unanswered" &&
      journal_file(descriptor) == "journal.db-wal")
    reached("stored_unanswered");
  return result;
}

// Called again while it goes on, when its end may be on its way already; an end without an error is
// the commit. One thread commits.
rd_kafka_error_t* rd_kafka_commit_transaction(rd_kafka_t* client, int time_ms) {
  static const auto real = reinterpret_cast<decltype(&rd_kafka_commit_transaction)>(
      dlsym(RTLD_NEXT, "rd_kafka_commit_transaction"));
  static bool is_called_again = false;
  if (setting("QNZS_FAULT_POINT") == "transaction_open" && !is_called_again) {
    rd_kafka_flush(client, 5000);  // the broker has the records
    reached("transaction_open");
  }
  auto* error = real(client, time_ms);
  is_called_again =
      error != nullptr && (rd_kafka_error_is_retriable(error) != 0 ||
                           rd_kafka_error_code(error) == RD_KAFKA_RESP_ERR__TIMED_OUT);
  if (error == nullptr) reached("committed_unmarked");
  return error;
}

}  // extern "C"
