#pragma once

#include "gateway/ingest/journal_keys.hpp"
#include "gateway/ingest/journal_marks.hpp"
#include "gateway/ingest/journal_salvage.hpp"
#include "gateway/store/database.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace qnzs::ingest {

struct KnownKey;
struct SalvagedRow;

// The number that `sql` asks for; 0 when it cannot be read.
std::uint64_t readable_number(store::Database& database, const char* sql);

// From the damaged copy to a new file, table by table. Both databases outlive it.
class Salvage {
 public:
  // `bytes` of the damaged file bound how many rows it can hold.
  Salvage(store::Database& from, store::Database& to, SealKeys keys, std::uint64_t bytes);

  // Once. Faults: storage (nothing readable, or not writable), unsupported (not these keys, not
  // this journal_id).
  schema::Result<void> run(const std::string& journal_id);
  Salvaged result;

 private:
  std::vector<KnownKey> known_keys();
  bool take_keys();
  std::optional<std::size_t> place_by_content(std::int64_t number);
  bool is_waited_for(std::int64_t number);
  void copy_entries();
  void copy_bodies();
  void copy_rest();
  void account();
  void write_journal(const std::string& journal_id);
  void put(const SalvagedRow& row);
  void put_body(const store::Statement& row);
  // The journal's place: which sequences it has and how far it is published.
  void find_bounds();
  std::uint64_t find_position();
  std::vector<PublishedMark> marks();
  void copy_openings();
  void copy_marks();

  store::Database& from_;
  store::Database& to_;
  SealKeys keys_;
  std::uint64_t rows_max_;
  std::uint64_t first_ = 1, last_ = 0, position_ = 0;
  store::Statement insert_entry_, insert_body_, insert_aside_, entry_;
};

}  // namespace qnzs::ingest
