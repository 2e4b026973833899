#include "gateway/ingest/journal_salvage_rows.hpp"

#include <algorithm>
#include <array>
#include <ranges>
#include <string_view>

// Where a damaged journal stands. A place too low publishes something twice; one too high would
// pass over what was answered, so that no number counts which stands alone.
namespace qnzs::ingest {
namespace {

using store::Statement;

constexpr std::size_t opening_name_bytes = 32;

// Two of three witnesses agree, or the one that claims least is believed; 0 is no witness.
std::uint64_t agreed(std::uint64_t row, std::uint64_t entries, std::uint64_t bodies) {
  if (row == entries || row == bodies) return row;
  if (entries == bodies && entries != 0) return entries;
  std::uint64_t least = 0;
  for (const auto value : {row, entries, bodies}) {
    if (value != 0 && (least == 0 || value < least)) least = value;
  }
  return least;
}

// As `agreed`, where 0 is a place too.
std::uint64_t agreed_place(std::array<std::uint64_t, 3> said) {
  std::ranges::sort(said);
  return said[1] == said[2] ? said[1] : said[0];
}

}  // namespace

std::uint64_t readable_number(store::Database& database, const char* sql) {
  const auto number = database.number(sql);
  static_cast<void>(database.take_failure());
  return number < 0 ? 0 : static_cast<std::uint64_t>(number);
}

void Salvage::find_bounds() {
  last_ =
      agreed(readable_number(from_, "SELECT last_sequence FROM journal"),
             readable_number(from_, "SELECT sequence FROM entries ORDER BY sequence DESC LIMIT 1"),
             readable_number(from_, "SELECT sequence FROM bodies ORDER BY sequence DESC LIMIT 1"));
  // Of two, for the first may be the damaged one.
  first_ = std::max<std::uint64_t>(
      1,
      readable_number(from_, "SELECT min(sequence) FROM (SELECT sequence FROM entries LIMIT 2)"));
  if (first_ > last_ || last_ - first_ > rows_max_)
    first_ = last_ > rows_max_ ? last_ - rows_max_ : 1;
  position_ = find_position();
}

// The journal's row says it three times, for an entry is either published or queued. Without the
// row it is what was swept and what the marks say; a mark counts when another stands behind it, for
// the last one may be the damaged one.
std::uint64_t Salvage::find_position() {
  if (readable_number(from_, "SELECT count(*) FROM journal") == 1) {
    const auto asides = readable_number(
        from_, "SELECT count(*) FROM asides WHERE sequence > (SELECT position FROM journal)");
    const auto behind_asides = [&](const char* sql) {
      return std::max(asides, readable_number(from_, sql)) - asides;
    };
    const auto position = agreed_place({readable_number(from_, "SELECT position FROM journal"),
                                        behind_asides("SELECT published FROM journal"),
                                        behind_asides("SELECT entries - queued FROM journal")});
    if (position <= last_) return position;
  }
  auto known = marks();
  if (!known.empty()) known.pop_back();
  return std::max(first_ - 1, known.empty() ? 0 : known.back().sequence);
}

// In the file's order, as long as it is one.
std::vector<PublishedMark> Salvage::marks() {
  std::vector<PublishedMark> marks;
  {
    Statement row(from_, "SELECT sequence, published_at_ms FROM published_marks");
    while (row.next()) {
      const auto sequence = static_cast<std::uint64_t>(row.integer(0));
      if (sequence > last_ || (!marks.empty() && sequence <= marks.back().sequence)) break;
      marks.push_back({sequence, Instant(std::chrono::milliseconds(row.integer(1)))});
    }
  }
  static_cast<void>(from_.take_failure());
  return marks;
}

// By its openings the journal recognises its position on Kafka, which is most likely in the newest:
// the order is judged from there. One that is lost or changed makes the position a foreign one.
void Salvage::copy_openings() {
  std::vector<Opening> newest_first;
  {
    Statement row(from_, "SELECT first_sequence, name FROM openings ORDER BY number DESC");
    while (row.next()) {
      const auto first = static_cast<std::uint64_t>(row.integer(0));
      const auto first_max = newest_first.empty() ? last_ + 1 : newest_first.back().first_sequence;
      if (first <= first_max && row.bytes(1).size() == opening_name_bytes)
        newest_first.push_back({first, std::string(row.bytes(1))});
    }
  }
  static_cast<void>(from_.take_failure());
  Statement insert(to_, "INSERT INTO openings(first_sequence, name) VALUES(?, ?)");
  for (const auto& opening : std::views::reverse(newest_first))
    insert.run(opening.first_sequence, std::string_view(opening.name));
}

// Without them bodies would stay longer than they should.
void Salvage::copy_marks() {
  Statement insert(to_, "INSERT INTO published_marks VALUES(?, ?)");
  for (const auto& mark : marks()) {
    if (mark.sequence <= position_)
      insert.run(mark.sequence, std::int64_t{mark.at.time_since_epoch().count()});
  }
}

}  // namespace qnzs::ingest
