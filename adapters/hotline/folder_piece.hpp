#pragma once

#include "adapters/hotline/batch.hpp"
#include "adapters/hotline/folder_cursor.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace qnzs::adapters::hotline {

// What is refused without being read, as far as it is there.
struct Uncopied {
  std::string_view bytes;
  bool is_cut;         // there is more of it
  const char* reason;  // a dead letter's
};

// What could be taken from the bytes behind a file's cursor.
struct Piece {
  FileCursor next;                 // behind what was taken
  std::vector<Line> lines;         // records to read, views into the bytes
  std::string uncopied_text;       // of the .rejected file, about what is not copied there
  std::vector<Uncopied> uncopied;  // this
  bool is_waiting = false;         // what is behind is not whole yet
  bool has_more = false;           // there was no room for all of it
};

struct PieceLimits {
  std::size_t line_bytes_max = 0;
  std::size_t lines_max = 0;
};

// What is known of the file at the end of the bytes.
struct FileState {
  bool is_end = false;        // the bytes reach it
  bool is_resting = false;    // it is not being written, as it seems
  bool is_abandoned = false;  // nor for so long that what a copy left open will not come
};

// Takes whole lines. A line is whole at its line break; the last one of a file also without, when
// the file rests and it is a JSON object, which no further byte could continue. A line that holds
// NUL has not been written yet, by a copy that makes the file's size first: it waits, but once the
// file is abandoned a line with its line break, or over the limit, is taken as any other, so that
// it holds up nobody. A
// file that begins as UTF-16 does is refused whole. Empty lines and lines
// that begin with # are passed over; the latter are what .rejected files explain themselves with.
Piece take_piece(const FileCursor& from, std::string_view bytes, const FileState& state,
                 const PieceLimits& limits);

// One refused line as it stands in the .rejected file: a comment with line and reasons, then the
// line itself.
std::string rejected_text(const Line& line, const std::vector<Problem>& problems);

}  // namespace qnzs::adapters::hotline
