#pragma once

#include "adapters/poll.hpp"
#include "schema/crypto.hpp"
#include "schema/time.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace qnzs::adapters::hotline {

// What has been refused whole, so that its bytes are passed over without being held.
enum class PassedOver : std::uint8_t {
  nothing,
  line,  // the one at the cursor, up to its end
  file,  // to its end, whatever is added
};

// How far a file of the folder has been read.
struct FileCursor {
  std::uint64_t offset = 0;  // everything before is stored or refused
  std::uint64_t line = 0;    // lines before it
  // Bytes of its .rejected file that tell of what is before it, or that stood there when its first
  // line was refused. Nothing before that.
  std::optional<std::uint64_t> rejected{};
  std::string digest;            // of everything before it: another file has another one
  schema::Instant changed_at{};  // of the file, when that was last so
  PassedOver passed_over = PassedOver::nothing;
  // Whether that was long enough after the change for any other to have another time.
  bool is_settled = false;
  bool operator==(const FileCursor&) const = default;
};

// By `file_key`.
using FolderCursor = std::map<std::string, FileCursor>;

// Keeps what is known of the files that are there, and of others the `vanished_max` that were
// changed last: they may be only cut off from the list, or be put back. So a cursor does not grow
// for ever.
void forget_vanished(FolderCursor& cursor, std::span<const FoundFile> there,
                     std::size_t vanished_max);

// A name of fixed length for a file's name, whatever its bytes are.
std::string file_key(std::string_view name);

std::string digest_of(const schema::crypto::RunningSha256& bytes);

std::string write_cursor(const FolderCursor& cursor);
// Empty for what is no cursor of this version.
FolderCursor read_cursor(std::string_view text);

}  // namespace qnzs::adapters::hotline
