#pragma once

#include "gateway/ingest/journal.hpp"
#include "gateway/ingest/journal_options.hpp"
#include "gateway/runtime/metrics.hpp"

namespace qnzs::ingest {

// Durations and sizes of commits, for JournalOptions. `metrics` must outlive the journal.
JournalObserver observe_commits(runtime::Metrics& metrics);

// Both sums of promise 4, the age of the oldest unpublished entry, size and condition, set from
// the journal's snapshot before each exposition. `journal` must outlive the last exposition.
void expose_status(const Journal& journal, runtime::Metrics& metrics);

}  // namespace qnzs::ingest
