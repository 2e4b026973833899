#pragma once

#include "config/gateway.hpp"
#include "gateway/ingest/journal.hpp"
#include "schema/error.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace qnzs::ingest {

struct JournalSummary {
  std::string journal_id;
  Sums sums;  // as last written: published may lag half a second behind
  std::uint64_t last_sequence = 0;
  std::uint64_t position = 0;  // everything up to here is published
  std::optional<std::chrono::sys_time<std::chrono::milliseconds>> oldest_queued_at;
  std::uint64_t bytes = 0;  // of the file and its log
};

struct ListedEntry {
  std::uint64_t sequence = 0;
  EntryKind kind = EntryKind::message;
  EntryId id{};
  std::chrono::sys_time<std::chrono::milliseconds> accepted_at{};
  bool is_published = false;
  bool is_aside = false;  // Kafka refused it; a dead letter stands in its place
  bool has_body = false;  // false: expired, only the id is still remembered
};

// Looks into a journal without changing it, also beside a running gateway. Every call is one short
// read, so that the gateway's log can be reset in between. All block; one thread at a time. Fault:
// storage.
class JournalReader {
 public:
  // `seal_keys` may be empty when no record will be read. Refuses what is no journal of this or an
  // older version.
  static schema::Result<std::unique_ptr<JournalReader>> open(
      const std::string& path, std::span<const config::SealKeySettings> seal_keys = {});
  ~JournalReader();

  schema::Result<JournalSummary> summary();
  // The entries behind `after` in order, at most so many.
  schema::Result<std::vector<ListedEntry>> list(std::uint64_t after, std::size_t rows_max);
  // One record, opened. Fault::unsupported when there is none, its body has expired or its key is
  // not given.
  schema::Result<kafka::Record> record(std::uint64_t sequence);
  // Recounts everything against the sums and checks the file's structure. Takes long on a large
  // journal; the findings are English sentences, none = all is well. Numbers that are compared are
  // of one moment, so a gateway may write meanwhile.
  schema::Result<std::vector<std::string>> verify();

 private:
  struct Impl;
  explicit JournalReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace qnzs::ingest
