#include "gateway/alarm/rules.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace std::chrono_literals;
using qnzs::alarm::Alarm;
using qnzs::alarm::Facts;
using qnzs::alarm::Kind;
using qnzs::alarm::Moment;
using qnzs::alarm::Phase;
using qnzs::alarm::Rules;

namespace {

// Rules with a clock that only the test moves, and facts under which all is well.
struct Desk {
  qnzs::config::AlarmSettings settings;
  Facts facts{.queued = 0,
              .oldest_queued = 0s,
              .journal_used_percent = 1,
              .disk_free_mib = 100'000,
              .refusal = {},
              .accounts = {{"wechat/henan", 0}, {"wechat/zhengzhou", 0}}};
  Moment moment{.now = std::chrono::steady_clock::time_point(1h), .at = {}};
  Rules rules{settings};

  explicit Desk(const qnzs::config::AlarmSettings& chosen = {}) : settings(chosen) {}
  // "kind phase" of all alarms of the time, one look each second.
  std::string pass(std::chrono::seconds time) {
    std::string said;
    for (auto left = time; left > 0s; left -= 1s) {
      moment.now += 1s;
      moment.at += 1s;
      for (const auto& one : rules.look(facts, moment)) {
        said += (said.empty() ? "" : ", ") + std::string(word(one.kind)) + " " +
                std::string(word(one.phase)) + (one.subject.empty() ? "" : " " + one.subject);
      }
    }
    return said;
  }
};

}  // namespace

TEST_CASE("As long as all is well nobody is woken") {
  Desk desk;
  CHECK(desk.pass(3600s).empty());
}

TEST_CASE("An alarm is raised once, repeated while it lasts, and cleared when it is over") {
  Desk desk;
  desk.facts.oldest_queued = 299s;
  CHECK(desk.pass(10s).empty());
  desk.facts.oldest_queued = 300s;
  CHECK(desk.pass(1800s) == "oldest_queued raised");
  CHECK(desk.rules.active(Kind::oldest_queued) == 1);
  CHECK(desk.pass(1s) == "oldest_queued repeated");
  CHECK(desk.pass(1799s).empty());
  CHECK(desk.pass(1s) == "oldest_queued repeated");
  desk.facts.oldest_queued = 0s;
  CHECK(desk.pass(60s).empty());
  CHECK(desk.pass(1s) == "oldest_queued cleared");
  CHECK(desk.rules.active(Kind::oldest_queued) == 0);
  CHECK(desk.pass(3600s).empty());
}

TEST_CASE("What flaps is one alarm, and is cleared only when it has been quiet for long enough") {
  Desk desk;
  std::string said;
  for (int turn = 0; turn < 30; ++turn) {
    desk.facts.refusal = turn % 2 == 0 ? "磁盘满" : "";
    said += desk.pass(30s);
  }
  CHECK(said == "journal_refuses raised");
  CHECK(desk.pass(60s) == "journal_refuses cleared");
}

TEST_CASE("The disk and the journal's own limit raise the same alarm") {
  Desk desk;
  desk.facts.journal_used_percent = 80;
  CHECK(desk.pass(5s) == "disk_low raised");
  desk.facts.journal_used_percent = 1;
  CHECK(desk.pass(100s) == "disk_low cleared");
  desk.facts.disk_free_mib = 1023;
  CHECK(desk.pass(5s) == "disk_low raised");
}

TEST_CASE("Different alarms do not hide one another") {
  Desk desk;
  desk.facts.refusal = "x";
  desk.facts.oldest_queued = 1h;
  CHECK(desk.pass(1s) == "oldest_queued raised, journal_refuses raised");
}

TEST_CASE("Wrong signatures below the floor wake nobody, a jump does, for its account alone") {
  Desk desk;
  CHECK(desk.pass(1s).empty());
  desk.facts.accounts[0].unauthentic += 19;
  CHECK(desk.pass(10s).empty());
  desk.facts.accounts[0].unauthentic += 1;
  CHECK(desk.pass(10s) == "unauthentic raised wechat/henan");
  CHECK(desk.pass(360s) == "unauthentic cleared wechat/henan");
}

TEST_CASE("Three times of what is usual for an account is no jump, five times of it is") {
  Desk desk;
  const auto fail = [&desk](int each_20_seconds, std::chrono::seconds time) {
    std::string said;
    for (auto passed = 0s; passed < time; passed += 20s) {
      desk.facts.accounts[0].unauthentic += static_cast<std::uint64_t>(each_20_seconds);
      said += desk.pass(20s);
    }
    return said;
  };
  CHECK(fail(1, 8h).empty());    // 15 in each window: below the floor, and learnt
  CHECK(fail(3, 600s).empty());  // 45
  CHECK(fail(10, 300s) == "unauthentic raised wechat/henan");
}

TEST_CASE("A jump that lasts does not become usual by lasting") {
  Desk desk;
  std::string said;
  for (int second = 0; second < 12 * 3600; ++second) {
    desk.facts.accounts[1].unauthentic += 1;
    said += desk.pass(1s);
  }
  CHECK(said.starts_with("unauthentic raised"));
  CHECK_FALSE(said.contains("cleared"));
  CHECK(said.contains("repeated"));
}

TEST_CASE("An alarm that reached nobody is due again in a minute") {
  Desk desk;
  desk.facts.refusal = "x";
  desk.moment.now += 1s;
  const auto raised = desk.rules.look(desk.facts, desk.moment);
  REQUIRE(raised.size() == 1);
  desk.rules.not_delivered(raised.front(), desk.moment);
  CHECK(desk.pass(59s).empty());
  CHECK(desk.pass(1s) == "journal_refuses repeated");
}

TEST_CASE("The document is small, has one id from raised to cleared, and says what was measured") {
  Alarm raised{.kind = Kind::unauthentic,
               .phase = Phase::raised,
               .subject = "wechat/henan",
               .summary = "签名错误",
               .numbers = {{"unauthentic", 21}},
               .since = {},
               .at = {}};
  const auto text = document(raised, "gateway-1");
  CHECK(text.ends_with(
      R"("alarm":"unauthentic","phase":"raised","gateway":"gateway-1","subject":"wechat/henan",)"
      R"("since":"1970-01-01T08:00:00.000+08:00","at":"1970-01-01T08:00:00.000+08:00",)"
      R"("summary":"签名错误","numbers":{"unauthentic":21}})"));
  const auto id = text.substr(0, text.find("\"alarm\""));
  raised.phase = Phase::cleared;
  raised.at += 1h;
  CHECK(document(raised, "gateway-1").starts_with(id));
  raised.since += 1s;
  CHECK_FALSE(document(raised, "gateway-1").starts_with(id));
}
