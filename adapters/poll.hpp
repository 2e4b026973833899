#pragma once

#include "schema/error.hpp"
#include "schema/message.hpp"
#include "schema/time.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

// The shape of a channel that we ask. A pass says one step at a time what the host is to do, and is
// told how that went; it holds no file, socket or clock. Messages and the cursor that stands for
// having them are stored together.
namespace qnzs::adapters {

// Regular files of `folder` whose names end in `suffix`, in either case, and do not begin with a
// dot, by name; when there are more than `files_max`, those that were changed last. What else lies
// there (links too; no folders, and no names that end in `own_suffix`) is counted, once its time is
// `other_rest` away from now: what is on its way may get its right name yet.
struct ListFolder {
  std::string folder, suffix;  // suffixes in small letters
  std::string own_suffix{};    // of files that the poll writes; empty = it writes none
  std::size_t files_max = 0;
  std::chrono::milliseconds other_rest{0};
};
// At most so many bytes from there; fewer mean the end of the file.
struct ReadFile {
  std::string path;
  std::uint64_t offset = 0;
  std::size_t bytes_max = 0;
};
// Cuts the file there (or at its end, if that is before), writes, syncs: doing it again changes
// nothing. Makes the file when there is none.
struct WriteFile {
  std::string path;
  std::uint64_t offset = 0;
  std::string bytes;
};
// All of it in one append to the journal.
struct StorePolled {
  std::vector<schema::Message> messages;
  std::vector<schema::DeadLetter> dead_letters;
  std::string cursor;
  std::string payload;  // what it was made from, for dead letters of the host's own
  std::string media_type;
  std::size_t refused = 0;  // bad pieces that were told to their sender
};
// The pass is over.
struct Rest {
  std::size_t waiting = 0;  // pieces that are there but not whole yet
  std::size_t unread = 0;   // what has lain there for long and nobody reads
  std::string note{};       // Chinese, for operators: which of these, when it has been long
  std::string problem;      // Chinese, for operators: what a person should do; "" = all is well
};
using PollStep = std::variant<ListFolder, ReadFile, WriteFile, StorePolled, Rest>;

struct FoundFile {
  std::string name;
  std::uint64_t bytes = 0;
  schema::Instant changed_at{};
};
struct Begun {};
struct Listed {
  std::vector<FoundFile> files;
  bool is_cut = false;     // there are more than were asked for
  std::size_t others = 0;  // that lie there
  std::string other{};     // the first of them by name
};
struct FileBytes {
  std::string bytes;
};
struct Written {
  std::uint64_t end = 0;  // the file's size now
};
struct Stored {};
// What came of the step before; an error ends the pass after `Rest`.
using PollResult = std::variant<Begun, Listed, FileBytes, Written, Stored, schema::Error>;

class PollPass {
 public:
  virtual ~PollPass() = default;
  // First with Begun, then with the result of each step until it says Rest. One thread.
  virtual PollStep resume(PollResult result, schema::Instant now) = 0;
};

// One account that we ask. Pure and stateless; safe from any thread.
class Poll {
 public:
  virtual ~Poll() = default;
  // `cursor` is the last one stored, or "". One that cannot be read is as good as "": what comes
  // again has its ids.
  virtual std::unique_ptr<PollPass> begin(std::string_view cursor) const = 0;
  // From the end of a pass to the next.
  virtual std::chrono::milliseconds interval() const = 0;
  // The bytes of a dead letter of ours once more, after a fix, as `Webhook::receive_again`.
  // Default: unsupported.
  virtual schema::Result<std::vector<schema::Message>> read_again(
      std::string_view payload, const schema::Timestamp& received_at) const;
};

}  // namespace qnzs::adapters
