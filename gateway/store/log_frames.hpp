#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// SQLite's write-ahead log as a file of frames (sqlite.org/fileformat2.html §4). SQLite reads it up
// to the first frame that does not fit and takes that for the end, so that one flipped bit makes
// everything behind it vanish without a word. Here it is told apart from a log that really ends.
namespace qnzs::store {

struct LogFrame {
  std::uint32_t page = 0;         // from 1
  std::uint32_t pages_after = 0;  // of the database, when this frame commits; else 0
  std::string_view bytes;         // the page
  bool is_of_log = false;         // not left over from before the log was reset
  bool is_whole = false;          // and its checksum is right
};

struct Log {
  std::size_t page_bytes = 0;
  bool has_header = false;       // false: the header itself is damaged
  std::vector<LogFrame> frames;  // all of them; views into the bytes
};

// Pure. Nothing when the bytes are too short to hold a header.
std::optional<Log> read_log(std::string_view bytes);

// Why the log of a database must have lost something that was committed; nothing = it is whole, or
// ends in what was never committed. A break in the last transaction is no damage, for it looks like
// what a power cut tore before its fsync: a bit flipped there takes that one with it unsaid. Pure.
std::optional<std::string> damage_in(const Log& log);

// Brings all whole frames up to the last commit into the database's bytes, those behind a damaged
// one too.
void replay(const Log& log, std::string& database);

// A database that was cut off gets empty pages for those that its header counts, for SQLite refuses
// it otherwise as a whole.
void fill_up(std::string& database);

// A file's bytes; empty when it cannot be read.
std::string bytes_of_file(const std::string& path);

}  // namespace qnzs::store
