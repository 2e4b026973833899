#include "gateway/ingest/poll_files.hpp"

#include <algorithm>
#include <cerrno>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <optional>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace qnzs::ingest {
namespace {

constexpr mode_t file_mode = 0640;
constexpr std::int64_t seconds_max = std::int64_t{1} << 40;

std::unexpected<schema::Error> failed() {
  return schema::fail(schema::Fault::storage, std::system_category().message(errno));
}

class File {
 public:
  // O_NONBLOCK: a pipe in the folder must not hold us up.
  File(const std::string& path, int flags)
      : descriptor_(::open(path.c_str(), flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, file_mode)) {}
  ~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int get() const { return descriptor_; }
  // Its size; an error when it is no regular file.
  schema::Result<std::uint64_t> size() const {
    struct stat facts{};
    if (descriptor_ < 0 || ::fstat(descriptor_, &facts) != 0) return failed();
    if (!S_ISREG(facts.st_mode)) return schema::fail(schema::Fault::storage, "no regular file");
    return static_cast<std::uint64_t>(facts.st_size);
  }

 private:
  int descriptor_;
};

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

// Windows writes names in either case.
bool ends_in(std::string_view name, std::string_view suffix) {
  const auto small = [](char letter) {
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
  };
  return name.size() >= suffix.size() &&
         std::ranges::equal(name.substr(name.size() - suffix.size()), suffix, {}, small, small);
}

// A new file is there after a power cut only when its folder is synced too.
bool sync_folder_of(const std::string& path) {
  const auto folder = path.substr(0, path.find_last_of('/') + 1);
  const int descriptor =
      ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return false;
  const bool is_synced = ::fsync(descriptor) == 0 || errno == EINVAL;  // some cannot
  ::close(descriptor);
  return is_synced;
}

struct Found {
  adapters::FoundFile file;
  bool is_regular = false;
};

// Nothing when it is gone, or a folder.
std::optional<Found> found(int folder, const char* name) {
  struct stat facts{};
  if (::fstatat(folder, name, &facts, AT_SYMLINK_NOFOLLOW) != 0 || S_ISDIR(facts.st_mode))
    return std::nullopt;
  // Anybody can set any time.
  const auto seconds = std::clamp<std::int64_t>(facts.st_mtim.tv_sec, -seconds_max, seconds_max);
  const auto changed_at = schema::Milliseconds(seconds * 1000 + facts.st_mtim.tv_nsec / 1'000'000);
  return Found{.file = {.name = name,
                        .bytes = static_cast<std::uint64_t>(facts.st_size),
                        .changed_at = schema::Instant(changed_at)},
               .is_regular = S_ISREG(facts.st_mode)};
}

// Adds it to what lies there, when it has rested.
void count_other(adapters::FoundFile file, schema::Milliseconds rest, adapters::Listed& listed) {
  const auto now = std::chrono::floor<schema::Milliseconds>(std::chrono::system_clock::now());
  const auto age = now - file.changed_at;
  if (age < rest && age > -rest) return;
  if (listed.others++ == 0 || file.name < listed.other) listed.other = std::move(file.name);
}

}  // namespace

schema::Result<adapters::Listed> list_folder(const adapters::ListFolder& call) {
  const std::unique_ptr<DIR, CloseFolder> folder(::opendir(call.folder.c_str()));
  if (folder == nullptr) return failed();
  adapters::Listed listed;
  errno = 0;
  while (const auto* entry = ::readdir(folder.get())) {
    const std::string_view name(entry->d_name);
    const bool is_own = !call.own_suffix.empty() && ends_in(name, call.own_suffix);
    if (name.starts_with('.') || is_own) continue;
    if (auto one = found(::dirfd(folder.get()), entry->d_name)) {
      if (one->is_regular && ends_in(name, call.suffix)) {
        listed.files.push_back(std::move(one->file));
      } else {
        count_other(std::move(one->file), call.other_rest, listed);
      }
    }
    errno = 0;
  }
  if (errno != 0) return failed();
  listed.is_cut = listed.files.size() > call.files_max;
  if (listed.is_cut) {
    std::ranges::sort(listed.files, std::ranges::greater{}, &adapters::FoundFile::changed_at);
    listed.files.resize(call.files_max);
  }
  std::ranges::sort(listed.files, {}, &adapters::FoundFile::name);
  return listed;
}

schema::Result<adapters::FileBytes> read_file(const adapters::ReadFile& call) {
  const File file(call.path, O_RDONLY);
  if (const auto size = file.size(); !size) return std::unexpected(size.error());
  adapters::FileBytes read;
  read.bytes.resize(call.bytes_max);
  std::size_t total = 0;
  while (total < call.bytes_max) {
    const auto count = ::pread(file.get(), read.bytes.data() + total, call.bytes_max - total,
                               static_cast<off_t>(call.offset + total));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed();
    if (count == 0) break;
    total += static_cast<std::size_t>(count);
  }
  read.bytes.resize(total);
  return read;
}

schema::Result<adapters::Written> write_file(const adapters::WriteFile& call) {
  const File file(call.path, O_WRONLY | O_CREAT);
  const auto size = file.size();
  if (!size) return std::unexpected(size.error());
  const auto offset = std::min(call.offset, *size);
  if (::ftruncate(file.get(), static_cast<off_t>(offset)) != 0) return failed();
  std::size_t total = 0;
  while (total < call.bytes.size()) {
    const auto count = ::pwrite(file.get(), call.bytes.data() + total, call.bytes.size() - total,
                                static_cast<off_t>(offset + total));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed();
    total += static_cast<std::size_t>(count);
  }
  if (::fsync(file.get()) != 0) return failed();
  if (*size == 0 && !sync_folder_of(call.path)) return failed();
  return adapters::Written{offset + call.bytes.size()};
}

}  // namespace qnzs::ingest
