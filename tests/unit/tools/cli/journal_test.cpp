#include "gateway/ingest/journal_options.hpp"
#include "gateway/routes.hpp"
#include "tests/unit/tools/cli/cli_run.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <future>

using qnzs::tests::config_with;
using qnzs::tests::Run;
using qnzs::tests::TemporaryFolder;

namespace {

qnzs::config::GatewaySettings settings_of(const std::string& config) {
  auto settings = qnzs::config::load_gateway(config, qnzs::channel_sections(),
                                             qnzs::config::process_environment());
  REQUIRE(settings);
  return *std::move(settings);
}

std::unique_ptr<qnzs::ingest::Journal> journal_of(const std::string& config) {
  const auto settings = settings_of(config);
  return qnzs::ingest::open_journal(settings.journal, settings.seal_keys, "test");
}

// What the command says on its way to exit code 1: Chinese first, the reason in brackets.
std::string refusal_of(const std::vector<std::string>& command) {
  const Run run(command);
  CHECK(run.code == 1);
  CHECK(run.out.str().empty());
  return run.err.str();
}

}  // namespace

TEST_CASE("The oldest entry that waits is told with its age, and an empty journal as empty") {
  TemporaryFolder folder;
  const auto config = config_with(folder);
  const auto journal = journal_of(config);
  const std::vector<std::string> command{"journal", "oldest", "--config", config};
  CHECK(Run(command).out.str() == "没有待发布的条目。\n");
  std::promise<bool> stored;
  std::vector<qnzs::ingest::Entry> entries(2);
  entries[0].id = {1};
  entries[1].id = {2};
  for (auto& entry : entries) entry.record.value = "v";
  journal->append(std::move(entries),
                  [&](const auto& receipts) { stored.set_value(receipts.has_value()); });
  REQUIRE(stored.get_future().get());
  const Run run(command);
  CHECK_MESSAGE(run.out.str().starts_with("已等 "), run.err.str());
  CHECK(run.out.str().contains("共 2 条在等"));
  CHECK(run.out.str().contains(" 01000000000000000000000000000000  "));
  CHECK_FALSE(run.out.str().contains(" 02000000000000000000000000000000  "));
  journal->stop();
}

TEST_CASE("Where there is no journal each command says so, with what to look at, and makes none") {
  TemporaryFolder folder;
  const auto config = config_with(folder);
  const auto path = folder.file("journal.db");
  const auto missing = "没有 " + path + " 这个文件";
  for (const char* command : {"counts", "oldest", "list", "verify", "salvage"}) {
    const auto said = refusal_of({"journal", command, "--config", config});
    CHECK_MESSAGE(said.contains(missing), said);
    CHECK(said.contains("journal.path"));
  }
  CHECK(refusal_of({"journal", "backup", path, "--to", folder.file("b.db")}).contains(missing));
  CHECK(refusal_of({"journal", "drain", path, "--config", config}).contains(missing));
  CHECK(refusal_of({"journal", "backup", folder.path(), "--to", folder.file("b.db")})
            .contains("是文件夹"));
  for (const auto& file : std::filesystem::directory_iterator(folder.path()))
    CHECK(file.path().filename() == "g.toml");
}

TEST_CASE("What stands in a journal command's way is told in Chinese with the way out") {
  TemporaryFolder folder;
  const auto config = config_with(folder);
  const auto path = folder.file("journal.db");
  const auto journal = journal_of(config);
  CHECK(refusal_of({"journal", "backup", path, "--to", config})
            .starts_with("没有备份成:目标文件已经存在:请换一个文件名"));
  CHECK(refusal_of({"journal", "backup", path, "--to", folder.file("none/b.db")})
            .starts_with("没有备份成:文件夹不存在"));
  CHECK(refusal_of({"journal", "salvage", "--config", config})
            .starts_with("没有救出,原文件未动:网关正开着它:请先停下网关"));
  journal->stop();
  CHECK(refusal_of({"journal", "backup", config, "--to", folder.file("b.db")})
            .contains("不是日志账文件"));
}
