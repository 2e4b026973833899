#pragma once

#include "config/gateway.hpp"
#include "gateway/ingest/journal_reader.hpp"
#include "schema/error.hpp"

#include <chrono>
#include <cstdint>
#include <expected>
#include <iosfwd>
#include <string>
#include <vector>

namespace qnzs::cli {

// Which of the two could not be read, so that nothing is said about whether they agree.
struct NotVerified {
  enum class Side : std::uint8_t { journal, kafka };
  Side side = Side::journal;
  schema::Error error;
};

// Recounts the journal, takes the entries that it believes published at this moment, then reads the
// topics from their beginning and looks for each of them: findings in Chinese, none = all is there.
// A gateway may go on meanwhile: what it publishes later is not asked for. Entries older than a
// topic's retention are reported as no longer on it. Keeps 24 bytes for each entry. Long; tells its
// progress; fails when Kafka gives nothing for `silence_max`.
std::expected<std::vector<std::string>, NotVerified> verify_journal(
    const config::GatewaySettings& settings, ingest::JournalReader& reader, std::ostream& progress,
    std::chrono::milliseconds silence_max = std::chrono::seconds(30));

}  // namespace qnzs::cli
