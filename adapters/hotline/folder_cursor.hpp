#pragma once

#include "schema/time.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace qnzs::adapters::hotline {

// How far a file of the folder has been read.
struct FileCursor {
  std::uint64_t offset = 0;      // everything before is stored or refused
  std::uint64_t line = 0;        // lines before it
  std::uint64_t rejected = 0;    // bytes of its .rejected file that belong to what is before it
  std::string tail;              // digest of the bytes just before it: another file has another one
  schema::Instant changed_at{};  // of the file, when it was last looked at
  bool is_in_long_line = false;  // the line at `offset` has been refused as too long
  bool operator==(const FileCursor&) const = default;
};

// By `file_key`.
using FolderCursor = std::map<std::string, FileCursor>;

// A name of fixed length for a file's name, whatever its bytes are.
std::string file_key(std::string_view name);

// Bytes before an offset that `tail_of` looks at.
inline constexpr std::uint64_t tail_bytes = 256;
std::string tail_of(std::string_view bytes);

std::string write_cursor(const FolderCursor& cursor);
// Empty for what is no cursor.
FolderCursor read_cursor(std::string_view text);

}  // namespace qnzs::adapters::hotline
