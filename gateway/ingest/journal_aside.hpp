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

// The dead letter about an entry that is damaged in the file: its content cannot be read, and
// nothing says whose it was but the id, when that is whole. The sealed bytes go with it, cut to
// `payload_bytes_max`. Pure.
Entry entry_about_damage(std::uint64_t sequence, const EntryId& id, std::string_view sealed,
                         std::string_view reason, std::size_t payload_bytes_max,
                         std::chrono::sys_time<std::chrono::milliseconds> now);

}  // namespace qnzs::ingest
