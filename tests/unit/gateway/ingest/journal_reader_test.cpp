#include "gateway/ingest/journal_reader.hpp"

#include "gateway/store/database.hpp"
#include "tests/unit/gateway/ingest/journal_support.hpp"

#include <doctest/doctest.h>

#include <string>

namespace qnzs::ingest::test {
namespace {

// What a journal of three entries, one of them published, says of itself after `statement`.
std::string findings_after(const char* statement) {
  const Folder folder;
  {
    const auto journal = open(settings(folder.file()));
    REQUIRE(append(*journal, {message(1), message(2), message(3)}));
    REQUIRE(append(*journal, {message(1)})->front().is_repeat);
    journal->records().mark_published(1);
    journal->stop();
  }
  {
    const auto database = store::Database::open(
        {.path = folder.file(), .mode = store::Database::Mode::read_write, .vfs = {}});
    REQUIRE(database);
    (*database)->execute(statement);
    REQUIRE_FALSE((*database)->take_failure());
  }
  const auto reader = JournalReader::open(folder.file());
  REQUIRE(reader);
  const auto findings = (*reader)->verify();
  REQUIRE_MESSAGE(findings, findings.error().reason);
  std::string all;
  for (const auto& finding : *findings) all += finding + "\n";
  return all;
}

}  // namespace

TEST_CASE("A journal that was left alone is sound") {
  CHECK(findings_after("SELECT 1").empty());
}

TEST_CASE("Sums of the journal that do not come out are told, each for itself") {
  CHECK(findings_after("UPDATE journal SET refused = refused + 1") ==
        "收到的次数不等于 新存 + 重复 + 死信 + 拒收 之和\n");
  CHECK(findings_after("UPDATE journal SET published = published + 1") ==
        "条目数不等于 已发布 + 待发布 之和\n");
  CHECK(findings_after("UPDATE journal SET published = 0, queued = 3") ==
        "待发布的有 2 条,而账上记着 3 条\n");
}

TEST_CASE("Entries that wait without a body, or that nobody counted, are told") {
  CHECK(findings_after("DELETE FROM bodies WHERE sequence = 2") == "1 条待发布的没有内容\n");
  CHECK(findings_after("DELETE FROM bodies WHERE sequence = 1").empty());  // published: it may go
  CHECK(findings_after("UPDATE journal SET last_sequence = 2") == "1 条的序号大于账上的末一个\n");
}

}  // namespace qnzs::ingest::test
