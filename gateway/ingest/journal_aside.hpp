#pragma once

#include "gateway/ingest/journal.hpp"

#include <optional>
#include <string_view>

namespace qnzs::ingest {

// The dead letter that stands in for a record which Kafka refuses for ever. Its id derives from the
// record's, its payload is the refused value cut to `payload_bytes_max`. When the refused record
// was a dead letter itself, it is the same letter with a payload cut to a quarter, and nothing once
// that would be empty: it must end. `reason` goes into the letter's detail. Pure.
std::optional<Entry> entry_instead_of(const kafka::Record& record, const EntryId& id,
                                      EntryKind kind, std::string_view reason,
                                      std::size_t payload_bytes_max,
                                      std::chrono::sys_time<std::chrono::milliseconds> now);

}  // namespace qnzs::ingest
