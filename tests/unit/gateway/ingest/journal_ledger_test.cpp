#include "gateway/ingest/journal_ledger.hpp"

#include <doctest/doctest.h>

namespace qnzs::ingest {

TEST_CASE("a journal that is damaged stays so, whatever is measured meanwhile") {
  Ledger ledger;
  CHECK(ledger.become(JournalCondition::disk_full, "full"));
  CHECK(ledger.become(JournalCondition::accepting, ""));
  CHECK_FALSE(ledger.become(JournalCondition::accepting, ""));
  CHECK(ledger.become(JournalCondition::failed, "damaged"));
  CHECK_FALSE(ledger.become(JournalCondition::accepting, ""));
  CHECK_FALSE(ledger.become(JournalCondition::failed, "again"));
  CHECK(ledger.status().condition == JournalCondition::failed);
  CHECK(ledger.status().explanation == "damaged");
}

}  // namespace qnzs::ingest
