#pragma once

#include "config/gateway.hpp"
#include "gateway/ingest/journal_reader.hpp"
#include "schema/error.hpp"

#include <iosfwd>
#include <string>
#include <vector>

namespace qnzs::cli {

// Recounts the journal, then reads the topics from their beginning and looks for every entry that
// the journal believes published: findings in Chinese, none = all is there. Entries older than a
// topic's retention are reported as no longer on it. Long; tells its progress.
schema::Result<std::vector<std::string>> verify_journal(const config::GatewaySettings& settings,
                                                        ingest::JournalReader& reader,
                                                        std::ostream& progress);

}  // namespace qnzs::cli
