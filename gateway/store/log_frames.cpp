#include "gateway/store/log_frames.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <utility>

namespace qnzs::store {
namespace {

constexpr std::size_t header_bytes = 32;
constexpr std::size_t frame_header_bytes = 24;
constexpr std::size_t database_header_bytes = 100;
constexpr std::uint32_t magic = 0x377f0682;  // its lowest bit: checksums over big-endian words

std::uint32_t word_at(std::string_view bytes, std::size_t offset, bool is_big = true) {
  std::uint32_t word = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const auto byte = static_cast<std::uint8_t>(bytes[offset + (is_big ? i : 3 - i)]);
    word = (word << 8) | byte;
  }
  return word;
}

struct Checksum {
  std::uint32_t first = 0, second = 0;
  bool operator==(const Checksum&) const = default;

  void add(std::string_view bytes, bool is_big) {
    for (std::size_t i = 0; i + 8 <= bytes.size(); i += 8) {
      first += word_at(bytes, i, is_big) + second;
      second += word_at(bytes, i + 4, is_big) + first;
    }
  }
};

Checksum checksum_at(std::string_view bytes, std::size_t offset) {
  return {word_at(bytes, offset), word_at(bytes, offset + 4)};
}

bool is_page_size(std::size_t size) {
  return size >= 512 && size <= 65536 && (size & (size - 1)) == 0;
}

}  // namespace

std::optional<Log> read_log(std::string_view bytes) {
  if (bytes.size() < header_bytes) return std::nullopt;
  const auto header = bytes.substr(0, header_bytes);
  const bool is_big = (word_at(header, 0) & 1) != 0;
  Log log;
  log.page_bytes = word_at(header, 8);
  Checksum sum;
  sum.add(header.substr(0, 24), is_big);
  log.has_header = (word_at(header, 0) & ~1U) == magic && sum == checksum_at(header, 24) &&
                   is_page_size(log.page_bytes);
  if (!log.has_header) return log;
  const auto salts = header.substr(16, 8);
  auto before = checksum_at(header, 24);
  const auto size = frame_header_bytes + log.page_bytes;
  for (auto at = header_bytes; at + size <= bytes.size(); at += size) {
    const auto frame = bytes.substr(at, size);
    // Each frame's sum goes on from the one that stands in the frame before, so that every frame
    // can be judged alone.
    Checksum expected = before;
    expected.add(frame.substr(0, 8), is_big);
    expected.add(frame.substr(frame_header_bytes), is_big);
    before = checksum_at(frame, 16);
    const bool is_of_log = frame.substr(8, 8) == salts;
    log.frames.push_back({.page = word_at(frame, 0),
                          .pages_after = word_at(frame, 4),
                          .bytes = frame.substr(frame_header_bytes),
                          .is_of_log = is_of_log,
                          .is_whole = is_of_log && expected == before && word_at(frame, 0) != 0});
  }
  return log;
}

std::optional<std::string> damage_in(const Log& log) {
  if (!log.has_header) return "the log's header is damaged";
  const auto broken = std::ranges::find(log.frames, false, &LogFrame::is_whole);
  const auto commits = std::count_if(broken, log.frames.end(), [](const LogFrame& frame) {
    return frame.is_of_log && frame.pages_after != 0;
  });
  if (commits < 2) return std::nullopt;
  return "frame " + std::to_string(broken - log.frames.begin() + 1) +
         " of the log is damaged, and commits are behind it";
}

void replay(const Log& log, std::string& database) {
  std::size_t end = 0;
  for (std::size_t i = 0; i < log.frames.size(); ++i) {
    if (log.frames[i].is_whole && log.frames[i].pages_after != 0) end = i + 1;
  }
  for (std::size_t i = 0; i < end; ++i) {
    const auto& frame = log.frames[i];
    if (!frame.is_whole) continue;
    const auto at = std::size_t{frame.page - 1} * log.page_bytes;
    database.resize(std::max(database.size(), at + log.page_bytes));
    std::ranges::copy(frame.bytes, database.begin() + static_cast<std::ptrdiff_t>(at));
  }
}

void fill_up(std::string& database) {
  if (database.size() < database_header_bytes) return;
  const auto stored = (word_at(database, 16) >> 16);
  const std::size_t page_bytes = stored == 1 ? 65536 : stored;
  const std::size_t pages = word_at(database, 28);
  if (!is_page_size(page_bytes) || pages > database.size() / page_bytes * 16) return;
  database.resize(std::max(database.size(), pages * page_bytes));
}

std::string bytes_of_file(const std::string& path) {
  std::ostringstream bytes;
  bytes << std::ifstream(path, std::ios::binary).rdbuf();
  return std::move(bytes).str();
}

}  // namespace qnzs::store
