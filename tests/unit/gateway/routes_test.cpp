#include "gateway/routes.hpp"

#include "tests/support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <fstream>

namespace {

std::optional<std::string> environment(std::string_view /*name*/) {
  return std::string(64, '7');
}

// Two accounts of one channel; the second has `more` of its own.
std::string configuration(const std::string& more) {
  const std::string account =
      "[[channels.wechat]]\nsite = \"s\"\nappid = \"wx1\"\nmode = \"plain\"\ntoken = \"${KEY}\"\n";
  return "[installation]\njournal_id = \"g\"\nidentity_key = \"${KEY}\"\n"
         "[[seal_keys]]\nid = \"k1\"\nkey = \"${KEY}\"\n"
         "[[sites]]\ncode = \"s\"\nname = \"站\"\nregion = \"410000\"\n"
         "[journal]\npath = \"j.db\"\n" +
         account + "account = \"a\"\n" + account + "account = \"b\"\n" + more;
}

}  // namespace

TEST_CASE("An account says itself how long a repeat is recognised, or its channel does") {
  const qnzs::tests::TemporaryFolder folder;
  std::ofstream(folder.file("g.toml")) << configuration("dedupe_hours = 72\n");
  const auto settings =
      qnzs::config::load_gateway(folder.file("g.toml"), qnzs::channel_sections(), environment);
  REQUIRE(settings);
  const qnzs::schema::Identity identity(std::string(32, 'k'));
  const auto routes = qnzs::routes_for(*settings, identity);
  REQUIRE(routes.size() == 2);
  CHECK(routes[0].manner.dedupe_window == std::chrono::hours(24));
  CHECK(routes[1].manner.dedupe_window == std::chrono::hours(72));
}
