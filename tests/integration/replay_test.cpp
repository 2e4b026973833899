// Published again on a real Kafka: dead letters after a fix, and a range of messages.
#include "schema/codec.hpp"
#include "tests/support/command_run.hpp"
#include "tests/support/judge.hpp"
#include "tests/support/kafka_broker.hpp"
#include "tests/support/push.hpp"
#include "tools/simulator/hotline.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <map>

using namespace std::chrono_literals;
namespace kafka = qnzs::kafka;
namespace schema = qnzs::schema;
using qnzs::kafka::header_of;
using qnzs::simulator::Corruption;
using qnzs::tests::GatewayProcess;
using qnzs::tests::KafkaBroker;
using qnzs::tests::push;
using qnzs::tests::records;
using qnzs::tests::Run;

namespace {

KafkaBroker& broker() {
  static KafkaBroker one;
  return one;
}

Run replay(const GatewayProcess& gateway, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "replay");
  arguments.insert(arguments.end(), {"--config", gateway.config_file(), "--timeout", "60"});
  return Run(arguments);
}

void write_key(const GatewayProcess& gateway, const std::string& key) {
  const auto folder = std::filesystem::path(gateway.config_file()).parent_path();
  std::ofstream(folder / "aes_key") << key << '\n';
}

// ce_id → how often it stands there as a replay, and otherwise.
struct Times {
  int replayed = 0, first = 0;
};
std::map<std::string, Times> times(const std::vector<kafka::ConsumedRecord>& all) {
  std::map<std::string, Times> times;
  for (const auto& record : all) {
    auto& one = times[header_of(record, "ce_id")];
    ++(header_of(record, "ce_replayed").empty() ? one.first : one.replayed);
  }
  return times;
}

}  // namespace

TEST_CASE("Dead letters of a wrong key become, after the fix, the messages they always were") {
  GatewayProcess gateway(broker().address());
  write_key(gateway, std::string(43, 'B'));
  gateway.start();
  for (int id = 1; id <= 3; ++id) CHECK(push(gateway, id) == 200);
  CHECK(push(gateway, 4, Corruption::appid) == 200);  // stays what it is
  const auto letters = records(gateway.kafka(), schema::Topic::dead_letters, 4);
  REQUIRE(letters.size() == 4);
  stop(gateway);
  write_key(gateway, GatewayProcess::aes_key);

  const auto dry = replay(gateway, {"dead-letters", "--dry-run"});
  INFO(dry.out.str() << dry.err.str());
  CHECK(dry.code == 0);
  CHECK(dry.out.str().contains("重新发布:3"));
  CHECK(dry.out.str().contains("unopenable:1"));
  CHECK(records(gateway.kafka(), schema::Topic::messages, 0).empty());

  const auto first = replay(gateway, {"dead-letters", "--reason", "unopenable"});
  INFO(first.out.str() << first.err.str());
  CHECK(first.code == 0);
  CHECK(first.out.str().contains("已发布 3 条"));
  const auto second = replay(gateway, {"dead-letters"});
  CHECK(second.out.str().contains("已在消息主题上:3"));
  CHECK(second.out.str().contains("已发布 0 条"));

  // No gateway has published them: here they are the only ones of their ids, and a range has them.
  const auto range = replay(gateway, {"messages", "--from", "2026-01-01T00:00:00+08:00", "--to",
                                      "2999-01-01T00:00:00+08:00"});
  CHECK(range.out.str().contains("已发布 3 条"));

  gateway.start();  // and the platform says the same again
  for (int id = 1; id <= 3; ++id) CHECK(push(gateway, id) == 200);
  const auto all = records(gateway.kafka(), schema::Topic::messages, 9);
  CHECK(all.size() == 9);
  CHECK(times(all).size() == 3);  // the same ids
  for (const auto& [id, one] : times(all)) {
    CHECK(one.replayed == 2);
    CHECK(one.first == 1);
  }
  for (const auto& record : all) {
    if (header_of(record, "ce_replayed").empty()) continue;
    const auto message = schema::decode(record.value.value_or(""));
    REQUIRE(message);
    CHECK(message->text == qnzs::tests::planted_text);
    CHECK(record.key == message->conversation.key.hex());
    const bool is_of_then = std::ranges::any_of(letters, [&](const auto& letter) {
      return header_of(letter, "ce_time") == header_of(record, "ce_time") &&
             header_of(letter, "ce_sequence") == header_of(record, "ce_sequence");
    });
    CHECK(is_of_then);
  }
}

// A line that no longer fits, and no .rejected file to tell of it: the name is a folder's.
TEST_CASE("Lines of a desk's folder become messages once the limit that refused them is raised") {
  const qnzs::tests::TemporaryFolder folder;
  const auto desk = [&](int line_bytes_max) {
    return "[[channels.hotline]]\naccount = \"desk\"\nsite = \"henan\"\npoll_ms = 50\n"
           "settle_ms = 100\nline_bytes_max = " +
           std::to_string(line_bytes_max) + "\nfolder = \"" + folder.path().string() + "\"\n";
  };
  const auto call = [](const std::string& number, std::size_t letters) {
    return qnzs::simulator::record_of({.record_no = number,
                                       .text = std::string(letters, 'a'),
                                       .started_at = 1'700'000'000}) +
           "\n";
  };
  std::filesystem::create_directory(folder.file("day.ndjson.rejected"));
  const auto day = call("1", 10) + call("2", 1000) + "{}\n";
  std::ofstream(folder.file("day.ndjson")) << day;
  GatewayProcess gateway(broker().address(), desk(1024));
  gateway.start();
  const auto letters = records(gateway.kafka(), schema::Topic::dead_letters, 2);
  REQUIRE(letters.size() == 2);
  CHECK(records(gateway.kafka(), schema::Topic::messages, 1).size() == 1);
  CHECK(gateway.log().contains("改存为死信"));

  gateway.configure(desk(4096), "");
  const auto first = replay(gateway, {"dead-letters", "--channel", "hotline"});
  INFO(first.out.str() << first.err.str());
  CHECK(first.code == 0);
  CHECK(first.out.str().contains("已发布 1 条"));
  const auto second = replay(gateway, {"dead-letters"});
  CHECK(second.out.str().contains("已在消息主题上:1"));
  CHECK(second.out.str().contains("已发布 0 条"));

  const auto admin = "127.0.0.1:" + std::to_string(gateway.admin_port());
  CHECK(Run({"reload", "--admin", admin}).code == 0);
  std::ofstream(folder.file("again.ndjson")) << day;  // and the desk says the same again
  const auto all = records(gateway.kafka(), schema::Topic::messages, 3);
  CHECK(all.size() == 3);
  CHECK(times(all).size() == 2);  // the same ids
  const auto replayed = std::ranges::count_if(
      all, [](const auto& one) { return !header_of(one, "ce_replayed").empty(); });
  CHECK(replayed == 1);
}

TEST_CASE("A range of messages is published again as it was, each run once, and no replay twice") {
  GatewayProcess gateway(broker().address());
  gateway.start();
  for (int id = 1; id <= 10; ++id) CHECK(push(gateway, id) == 200);
  const auto before = records(gateway.kafka(), schema::Topic::messages, 10);
  REQUIRE(before.size() == 10);
  const std::vector<std::string> range{"messages", "--from", "2026-01-01T00:00:00+08:00", "--to",
                                       "2999-01-01T00:00:00+08:00"};
  const auto outside = replay(gateway, {"messages", "--from", "2020-01-01T00:00:00+08:00", "--to",
                                        "2021-01-01T00:00:00+08:00"});
  INFO(outside.out.str() << outside.err.str());
  CHECK(outside.code == 0);
  CHECK(outside.out.str().contains("已发布 0 条"));
  const auto start = std::chrono::steady_clock::now();
  auto slowly = range;
  slowly.insert(slowly.end(), {"--rate", "5"});
  CHECK(replay(gateway, slowly).code == 0);
  CHECK(std::chrono::steady_clock::now() - start > 1800ms);
  const auto second = replay(gateway, range);
  CHECK(second.out.str().contains("已发布 10 条"));
  CHECK(second.out.str().contains("本身就是重发的:10"));
  const Run verified({"journal", "verify", "--config", gateway.config_file()});
  INFO(verified.out.str());
  CHECK(verified.code == 0);  // a replay is no record twice
  const auto all = records(gateway.kafka(), schema::Topic::messages, 30);
  CHECK(all.size() == 30);
  CHECK(times(all).size() == 10);
  for (const auto& [id, one] : times(all)) CHECK(one.replayed == 2);
  for (const auto& record : all) {
    const bool is_as_it_was = std::ranges::any_of(before, [&](const auto& first) {
      return first.key == record.key && first.value == record.value &&
             first.partition == record.partition &&
             header_of(first, "ce_sequence") == header_of(record, "ce_sequence");
    });
    CHECK(is_as_it_was);
  }
}
