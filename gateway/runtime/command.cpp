#include "gateway/runtime/command.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <system_error>
#include <unistd.h>
#include <utility>

extern "C" {
#include <sys/pidfd.h>  // glibc 2.36 forgets to say so itself
}

namespace qnzs::runtime {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int slice_ms = 50;  // between two questions whether to stop

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int operator*() const { return number_; }

 private:
  int number_;
};

std::unexpected<schema::Error> cannot(std::string_view what, int error) {
  return schema::fail(schema::Fault::internal,
                      std::string(what) + ": " + std::generic_category().message(error));
}

// A file in memory: a program that does not read its input cannot hold us up.
schema::Result<Descriptor> input_file(std::string_view input) {
  Descriptor file(::memfd_create("qnzs-input", MFD_CLOEXEC));
  if (*file < 0) return cannot("input", errno);
  if (::write(*file, input.data(), input.size()) != static_cast<ssize_t>(input.size()) ||
      ::lseek(*file, 0, SEEK_SET) != 0)
    return cannot("input", errno);
  return file;
}

// The child gets its three descriptors and nothing else of ours, no blocked signals, SIGPIPE as
// usual.
schema::Result<pid_t> spawn(const std::vector<std::string>& arguments, int input, int output) {
  std::vector<char*> argv;
  for (const auto& text : arguments) argv.push_back(const_cast<char*>(text.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, input, 0);
  posix_spawn_file_actions_adddup2(&files, output, 1);
  posix_spawn_file_actions_adddup2(&files, output, 2);
  posix_spawn_file_actions_addclosefrom_np(&files, 3);
  posix_spawnattr_t how;
  posix_spawnattr_init(&how);
  sigset_t none;
  sigemptyset(&none);
  sigset_t usual = none;
  sigaddset(&usual, SIGPIPE);
  posix_spawnattr_setsigmask(&how, &none);
  posix_spawnattr_setsigdefault(&how, &usual);
  posix_spawnattr_setpgroup(&how, 0);
  posix_spawnattr_setflags(&how,
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  pid_t child = -1;
  const int error = ::posix_spawn(&child, argv.front(), &files, &how, argv.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&how);
  if (error != 0) return cannot(arguments.front(), error);
  return child;
}

// Reads what is there. False at the end.
bool take_output(int pipe, std::size_t bytes_max, std::string& output) {
  std::array<char, 4096> bytes{};
  const auto size = ::read(pipe, bytes.data(), bytes.size());
  if (size < 0) return errno == EAGAIN || errno == EINTR;
  const auto room = bytes_max - output.size();
  output.append(bytes.data(), std::min(static_cast<std::size_t>(size), room));
  return size > 0;
}

// Until the child has ended (true), or it is to be killed (false).
bool wait_for_end(int process, int pipe, const CommandLimits& limits,
                  const std::stop_token& stopping, std::string& output) {
  const auto until = Clock::now() + limits.time_max;
  std::array<pollfd, 2> watched{{{process, POLLIN, 0}, {pipe, POLLIN, 0}}};
  while (!stopping.stop_requested() && Clock::now() < until) {
    ::poll(watched.data(), watched.size(), slice_ms);
    if (watched[1].revents != 0 && !take_output(pipe, limits.output_bytes_max, output))
      watched[1].fd = -1;
    if (watched[0].revents != 0) return true;
  }
  return false;
}

}  // namespace

schema::Result<CommandEnd> run_command(const std::vector<std::string>& arguments,
                                       std::string_view input, const CommandLimits& limits,
                                       const std::stop_token& stopping) {
  const auto file = input_file(input);
  if (!file) return std::unexpected(file.error());
  std::array<int, 2> ends{-1, -1};
  if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) return cannot("pipe", errno);
  const Descriptor reading(ends[0]);
  Descriptor writing(ends[1]);
  ::fcntl(*writing, F_SETFL, 0);  // the child's end waits when it is full
  const auto child = spawn(arguments, **file, *writing);
  if (!child) return std::unexpected(child.error());
  {
    const Descriptor ours = std::move(writing);
  }  // the child has its own
  const Descriptor process(::pidfd_open(*child, 0));
  CommandEnd end;
  const bool has_ended =
      *process >= 0 && wait_for_end(*process, *reading, limits, stopping, end.output);
  if (!has_ended) ::kill(-*child, SIGKILL);
  int status = 0;
  while (::waitpid(*child, &status, 0) < 0 && errno == EINTR) continue;
  if (!has_ended) return schema::fail(schema::Fault::late, "killed: its time was over");
  while (end.output.size() < limits.output_bytes_max) {
    const auto before = end.output.size();
    take_output(*reading, limits.output_bytes_max, end.output);
    if (end.output.size() == before) break;
  }
  end.code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return end;
}

}  // namespace qnzs::runtime
