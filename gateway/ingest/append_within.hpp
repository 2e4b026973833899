#pragma once

#include "gateway/ingest/journal.hpp"
#include "gateway/runtime/worker.hpp"

#include <chrono>
#include <vector>

namespace qnzs::ingest {

// Appends and waits for the commit, at most `time`; Fault::late when it is over, though the entries
// may still be stored later (then the platform's repeat finds them). On `worker`'s thread.
runtime::Awaitable<schema::Result<std::vector<Receipt>>> append_within(
    Journal& journal, runtime::Worker& worker, std::vector<Entry> entries,
    std::chrono::milliseconds time);

}  // namespace qnzs::ingest
