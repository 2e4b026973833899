#pragma once

#include "config/gateway.hpp"
#include "schema/error.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace qnzs::ingest {

// What was saved of a damaged journal, and what was not.
struct Salvaged {
  std::uint64_t entries = 0;     // with their ids: repeats of them are recognised
  std::uint64_t queued = 0;      // of these, still to be published, content whole
  std::uint64_t unreadable = 0;  // still to be published, content damaged: becomes a dead letter
  std::uint64_t states = 0;      // cursors and parts
  // Sequences that were to be published and of which nothing is left, first and last.
  std::vector<std::pair<std::uint64_t, std::uint64_t>> lost;
  std::uint64_t frames_damaged = 0;  // of the log, which SQLite alone would have taken for its end
  std::string damaged_file;          // where the old file is now
};

// Makes a whole journal of what can be read of the damaged one at `path` and puts it in its place;
// the damaged file and its log go beside it under another name and are never deleted. Whatever
// happens, either the old or the new one stands there. Blocking; reads everything. Faults: busy (a
// gateway has it open), storage (nothing can be read, or the new file cannot be written), and
// unsupported (another journal_id, or a key that is missing or not the file's).
schema::Result<Salvaged> salvage_journal(const std::string& path,
                                         std::span<const config::SealKeySettings> seal_keys,
                                         const std::string& journal_id);

}  // namespace qnzs::ingest
