#pragma once

#include "schema/error.hpp"

#include <cstdint>
#include <expected>
#include <string>

namespace qnzs::store {

// What a database's failure means for its owner.
enum class Trouble : std::uint8_t {
  busy,     // another connection is in the way: the same again may succeed
  full,     // no space on the disk or under the page limit: nothing was changed, may succeed later
  io,       // reading, writing or fsync failed: what is on the disk is unknown
  corrupt,  // damaged, or no SQLite file at all
  read_only,  // the file or its folder must not be written
  missing,    // cannot be opened: not there, no right, a folder
  newer,      // made by a newer version of ours
  foreign,    // a database of somebody else's
  other,      // a bug, or no memory
};

struct Failure {
  Trouble trouble = Trouble::other;
  int code = 0;        // SQLite's extended result code; 0 = none
  std::string reason;  // English; never holds stored data
};

template <class T>
using Result = std::expected<T, Failure>;

inline schema::Error error_of(const Failure& failure) {
  return {schema::Fault::storage, failure.reason};
}

}  // namespace qnzs::store
