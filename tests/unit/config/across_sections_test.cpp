#include "tests/unit/config/loaded.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <string>

using namespace qnzs::tests;  // NOLINT

namespace {

std::string problem(const std::string& text) {
  return Loaded(head + journal + text + account).problem();
}

}  // namespace

TEST_CASE("An alarm that wakes somebody must come before the refusal, and is told at its key") {
  const std::string wakes = "[alarm]\ncommand = [\"/bin/true\"]\n";
  CHECK(problem("refuse_at_percent = 80\n" + wakes)
            .contains("alarm.journal_percent_max: 须小于 journal.refuse_at_percent(现为 80)"));
  CHECK(problem("refuse_at_percent = 81\n" + wakes).empty());
  CHECK(problem("refuse_at_percent = 80\n").empty());  // there is nobody to wake
  CHECK(problem("disk_free_mib_min = 1024\n" + wakes)
            .contains("alarm.disk_free_mib_min: 须大于 journal.disk_free_mib_min(现为 1024)"));
  CHECK(problem("disk_free_mib_min = 1023\n" + wakes).empty());
  CHECK(problem(wakes + "disk_free_mib_min = 0\n").empty());
  const auto one = problem("refuse_at_percent = 101\n" + wakes + "journal_percent_max = 95\n");
  CHECK(one.contains("refuse_at_percent: 超出范围"));
  CHECK_FALSE(one.contains("alarm."));
}

TEST_CASE("Two listeners on one port of one address are told before anything starts") {
  CHECK(problem("[admin]\nlisten_port = 8080\n")
            .contains("g.toml:14:15: admin.listen_port: 与 http.listen_port 是同一个端口 8080"));
  CHECK(problem("[http]\nlisten_address = \"0.0.0.0\"\nlisten_port = 9464\n")
            .contains("admin.listen_port: 与 http.listen_port"));
  CHECK(problem("[admin]\nlisten_address = \"127.0.0.2\"\nlisten_port = 8080\n").empty());
  CHECK(problem("[admin]\nlisten_port = 0\n[http]\nlisten_port = 0\n").empty());
  CHECK(problem("[admin]\nlisten_port = 8443\n").empty());  // no TLS
  TemporaryFolder folder;
  for (const char* name : {"c", "k"}) std::ofstream(folder.file(name)) << "x";
  const auto tls = "[http]\ntls_certificate_file = \"" + folder.file("c") +
                   "\"\ntls_key_file = \"" + folder.file("k") + "\"\n";
  CHECK(problem(tls).empty());
  CHECK(problem(tls + "tls_listen_port = 8080\n")
            .contains("http.tls_listen_port: 与 http.listen_port 是同一个端口"));
  CHECK(problem(tls + "plain = false\ntls_listen_port = 8080\n").empty());
}

TEST_CASE("Kafka must not let go of messages while a lost topic would be filled with them again") {
  CHECK(problem("body_keep_hours = 49\n[kafka]\nmessages_keep_days = 2\n")
            .contains("kafka.messages_keep_days: 须不短于 journal.body_keep_hours(现为 49)"));
  CHECK(problem("body_keep_hours = 49\n[kafka]\ndead_letters_keep_days = 2\n")
            .contains("kafka.dead_letters_keep_days: 须不短于"));
  CHECK(problem("body_keep_hours = 48\n[kafka]\nmessages_keep_days = 2\n").empty());
  CHECK(problem("body_keep_hours = 9999\n[kafka]\nmessages_keep_days = 2\n")
            .find("messages_keep_days") == std::string::npos);  // one cause, one problem
}

TEST_CASE("Two desks may not watch one folder, however it is written") {
  const auto desk = [](const std::string& name, const std::string& folder) {
    return "[[channels.hotline]]\naccount = \"" + name + "\"\nsite = \"henan\"\nfolder = \"" +
           folder + "\"\n";
  };
  CHECK(problem(desk("a", "spool/one") + desk("b", "spool/x/../one/"))
            .contains("g.toml:20:10: channels.hotline[1].folder: 与同一渠道另一个账号的相同"));
  CHECK(problem(desk("a", "spool/one") + desk("b", "spool/two")).empty());
  const std::string none =
      "[[channels.hotline]]\naccount = \"c\"\nsite = \"henan\"\nkey_id = \"k\"\n"
      "secret = \"${SECRET}\"\n";
  auto other = none;
  other.replace(other.find("\"c\""), 3, "\"d\"");
  CHECK(problem(none + other).empty());
}
