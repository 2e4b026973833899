#pragma once

#include <array>
#include <cstdint>
#include <string_view>

// The journal's file, version by version. A step, once released, never changes: a new one is added.
namespace qnzs::ingest {

inline constexpr std::int64_t journal_application_id = 0x514e5a53;  // "QNZS"

// entries  one row for each record ever stored and still remembered, in order: dedupe, dates.
// bodies   the sealed record; goes `body_keep_hours` after publishing. All these tables only grow
// at their end and are swept from their beginning; publishing changes no row of them.
// asides   what Kafka refuses for ever: its place in the order is done, its body stays until it is
// swept. states   cursors and long-message parts. journal  one row: identity, position of the
// publisher, the sums of promise 4.
inline constexpr std::string_view journal_version_1 = R"sql(
CREATE TABLE entries(
  sequence       INTEGER PRIMARY KEY,
  kind           INTEGER NOT NULL,
  accepted_at_ms INTEGER NOT NULL,
  forget_at_ms   INTEGER NOT NULL,
  id             BLOB NOT NULL) STRICT;
CREATE TABLE bodies(
  sequence INTEGER PRIMARY KEY,
  seal_key INTEGER NOT NULL,
  body     BLOB NOT NULL) STRICT;
CREATE TABLE asides(
  sequence    INTEGER PRIMARY KEY,
  reason      TEXT NOT NULL) STRICT;
CREATE TABLE states(
  name     TEXT PRIMARY KEY,
  seal_key INTEGER NOT NULL,
  value    BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE seal_keys(
  number INTEGER PRIMARY KEY,
  id     TEXT NOT NULL UNIQUE,
  proof  BLOB NOT NULL) STRICT;
CREATE TABLE journal(
  one           INTEGER PRIMARY KEY CHECK (one = 1),
  journal_id    TEXT NOT NULL,
  last_sequence INTEGER NOT NULL DEFAULT 0,
  position      INTEGER NOT NULL DEFAULT 0,
  callbacks     INTEGER NOT NULL DEFAULT 0,
  stored        INTEGER NOT NULL DEFAULT 0,
  repeated      INTEGER NOT NULL DEFAULT 0,
  dead_lettered INTEGER NOT NULL DEFAULT 0,
  refused       INTEGER NOT NULL DEFAULT 0,
  entries       INTEGER NOT NULL DEFAULT 0,
  published     INTEGER NOT NULL DEFAULT 0,
  queued        INTEGER NOT NULL DEFAULT 0) STRICT;
)sql";

// openings  one row for each time the journal was opened (the newest thousand): from which sequence
// on, under which random name. A copy or a restored backup goes on under names of its own.
inline constexpr std::string_view journal_version_2 = R"sql(
CREATE TABLE openings(
  number         INTEGER PRIMARY KEY,
  first_sequence INTEGER NOT NULL,
  name           TEXT NOT NULL) STRICT;
)sql";

// published_marks  when everything up to a sequence was published, in steps of a minute or more:
// from then on a body stays for body_keep_hours.
inline constexpr std::string_view journal_version_3 = R"sql(
CREATE TABLE published_marks(
  sequence        INTEGER PRIMARY KEY,
  published_at_ms INTEGER NOT NULL) STRICT;
)sql";

inline constexpr std::array journal_versions{journal_version_1, journal_version_2,
                                             journal_version_3};

}  // namespace qnzs::ingest
