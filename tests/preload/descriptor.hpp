#pragma once

#include <array>
#include <cstdlib>
#include <string>
#include <string_view>
#include <unistd.h>

// What the preloaded functions ask about themselves.
namespace qnzs::preload {

// An environment variable, or "".
inline std::string_view setting(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view{} : std::string_view(value);
}

// "journal.db" or "journal.db-wal" when that is what the descriptor is of, else "".
inline std::string_view journal_file(int descriptor) {
  std::array<char, 4096> path{};
  const auto link = "/proc/self/fd/" + std::to_string(descriptor);
  const auto size = readlink(link.c_str(), path.data(), path.size());
  if (size <= 0) return {};
  const std::string_view name(path.data(), static_cast<std::size_t>(size));
  for (const std::string_view ours : {"journal.db", "journal.db-wal"}) {
    if (name.ends_with(ours)) return ours;
  }
  return {};
}

}  // namespace qnzs::preload
