#pragma once

#include "gateway/ingest/journal_reader.hpp"
#include "schema/error.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace qnzs::ingest {

// Called now and then with how many pages are copied, of how many.
using BackupProgress = std::function<void(std::int64_t done, std::int64_t all)>;

// Copies a journal, also beside a gateway that writes it, into a new file that only its owner may
// read: what was committed when the copy began, in one file without a log. The copy is recounted
// and checked before it gets its name; `to` must not be there. While it runs the gateway's log
// grows, since it cannot be reset. Returns what the copy holds. Blocking and long. Faults: storage.
schema::Result<JournalSummary> back_up_journal(const std::string& path, const std::string& to,
                                               const BackupProgress& progress);

}  // namespace qnzs::ingest
