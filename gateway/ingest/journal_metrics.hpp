#pragma once

#include "gateway/ingest/journal.hpp"
#include "gateway/ingest/journal_options.hpp"
#include "gateway/runtime/metrics.hpp"

#include <chrono>

namespace qnzs::ingest {

// Durations and sizes of commits, for JournalOptions. `metrics` must outlive the journal.
JournalObserver observe_commits(runtime::Metrics& metrics);

// How long the oldest unpublished entry waits; 0 when there is none. Pure.
std::chrono::duration<double> oldest_queued_age(const JournalStatus& status,
                                                std::chrono::system_clock::time_point now);

// Both sums of promise 4, the age of the oldest unpublished entry, size and condition, set from
// the journal's snapshot before each exposition. `journal` must outlive the last exposition.
void expose_status(const Journal& journal, runtime::Metrics& metrics);

}  // namespace qnzs::ingest
