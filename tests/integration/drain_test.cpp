// What a dead machine left: drained, doubled never; and copied while it still lives.
#include "gateway/ingest/journal_reader.hpp"
#include "tests/support/becomes_true.hpp"
#include "tests/support/command_run.hpp"
#include "tests/support/judge.hpp"
#include "tests/support/kafka_broker.hpp"
#include "tests/support/lost_markers.hpp"
#include "tests/support/platform.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <utility>

using namespace std::chrono_literals;
using qnzs::tests::GatewayProcess;
using qnzs::tests::KafkaBroker;
using qnzs::tests::Oracle;
using qnzs::tests::Platform;
using qnzs::tests::Run;

namespace {

Run drain(const std::string& journal, const std::string& config) {
  return Run({"journal", "drain", journal, "--config", config, "--timeout", "60"});
}
Run drain(const GatewayProcess& gateway) {
  return drain(gateway.journal_file(), gateway.config_file());
}

// A dead gateway's journal as somebody has copied it, and the configuration of another gateway.
struct Copy {
  std::string file, config_file;
  explicit Copy(const GatewayProcess& gateway) {
    const auto folder = std::filesystem::path(gateway.config_file()).parent_path();
    file = folder / "copy.db";
    config_file = folder / "other.toml";
    for (const auto* part : {"", "-wal"})
      std::filesystem::copy_file(gateway.journal_file() + part, file + part);
    std::ostringstream text;
    text << std::ifstream(gateway.config_file()).rdbuf();
    auto other = text.str();
    using Change = std::pair<std::string, std::string>;
    for (const auto& [from, to] : {Change{"journal_id = \"test\"", "journal_id = \"other\""},
                                   Change{gateway.journal_file(), folder / "other.db"}}) {
      other.replace(other.find(from), from.size(), to);
    }
    std::ofstream(config_file) << other;
  }
};

std::uint64_t queued(const std::string& path) {
  const auto reader = qnzs::ingest::JournalReader::open(path);
  REQUIRE(reader);
  return (*reader)->summary()->sums.queued;
}

}  // namespace

TEST_CASE("What a killed gateway left with the broker down is drained once and in order") {
  KafkaBroker broker;
  GatewayProcess gateway(broker.address());
  gateway.start();
  Oracle oracle(gateway.kafka());
  {
    Platform platform(gateway.port(), oracle, 4, 10ms);
    std::this_thread::sleep_for(2s);
    broker.stop();
    std::this_thread::sleep_for(3s);
    const Run busy = drain(gateway);
    CHECK(busy.code == 1);
    CHECK(busy.err.str().contains("正被另一个进程使用"));
    gateway.kill();
  }
  REQUIRE(queued(gateway.journal_file()) > 100);
  const Copy copy(gateway);
  broker.start();
  CHECK(drain(copy.file, gateway.config_file()).err.str().contains("也叫 test"));
  const Run first = drain(gateway);
  INFO(first.out.str() << first.err.str());
  CHECK(first.code == 0);
  CHECK(first.out.str().contains("还剩 0 条"));
  CHECK(queued(gateway.journal_file()) == 0);
  const Run second = drain(gateway);
  CHECK(second.code == 0);
  CHECK(second.out.str().contains("没有待发布的条目"));
  const Run of_copy = drain(copy.file, copy.config_file);  // it does not know what Kafka knows
  INFO(of_copy.out.str() << of_copy.err.str());
  CHECK(of_copy.code == 0);
  CHECK(of_copy.out.str().contains("本次发布 0 条"));
  gateway.start();  // the machine was not so dead: it goes on
  {
    Platform platform(gateway.port(), oracle, 4, 10ms);  // the first ones are repeats
    std::this_thread::sleep_for(1s);
    platform.stop(5s);
  }
  judge(oracle, gateway, 100);
}

TEST_CASE("A drain publishes again what lost its end on Kafka, and needs nobody to say so") {
  KafkaBroker broker;
  GatewayProcess gateway(broker.address());
  gateway.start();
  Oracle oracle(gateway.kafka());
  const auto load_until = [&](const char* sum) {  // a new platform's first ones are repeats
    Platform platform(gateway.port(), oracle, 4, 10ms);
    const auto count = [&] { return qnzs::tests::metric(gateway.admin_port(), sum).value_or(0); };
    CHECK(qnzs::tests::becomes_true([&] { return count() > 100; }));
    platform.stop(5s);
  };
  load_until("qnzs_journal_entries{state=\"published\"}");
  REQUIRE(oracle.judge(20s).missing == 0);
  stop(gateway);  // it knows that all is published
  broker.stop();
  gateway.start();
  load_until("qnzs_journal_entries{state=\"queued\"}");
  gateway.kill();
  REQUIRE(queued(gateway.journal_file()) > 0);
  for (int round = 0; round < 2; ++round) {  // with something queued, and with nothing
    REQUIRE(lose_markers(broker.folder(), gateway.kafka(), qnzs::tests::LostOn::everywhere) > 0);
    broker.start();
    qnzs::tests::abort_everywhere(gateway.kafka());
    oracle.read_again();
    const Run run = drain(gateway);
    INFO(run.out.str() << run.err.str());
    CHECK(run.code == 0);
    judge(oracle, gateway, 100);
    CHECK(queued(gateway.journal_file()) == 0);
    broker.stop();
  }
}

TEST_CASE("A drain without Kafka ends when its time is over, says why, and loses nothing") {
  GatewayProcess gateway("127.0.0.1:1");
  gateway.start();
  Oracle oracle(gateway.kafka());
  {
    Platform platform(gateway.port(), oracle, 1, 50ms);
    std::this_thread::sleep_for(500ms);
    platform.stop(5s);
  }
  stop(gateway);
  const auto before = queued(gateway.journal_file());
  REQUIRE(before > 0);
  const Run run({"journal", "drain", gateway.journal_file(), "--config", gateway.config_file(),
                 "--timeout", "12"});
  CHECK(run.code == 69);
  CHECK(run.err.str().contains("连不上 Kafka"));
  CHECK(queued(gateway.journal_file()) == before);
}

TEST_CASE("A gateway's journal is backed up while it takes messages") {
  GatewayProcess gateway("127.0.0.1:1");
  gateway.start();
  Oracle oracle(gateway.kafka());
  Platform platform(gateway.port(), oracle, 4, 0ms);
  std::this_thread::sleep_for(2s);
  qnzs::tests::TemporaryFolder folder;
  const auto copy = folder.file("copy.db");
  const Run run({"journal", "backup", gateway.journal_file(), "--to", copy});
  INFO(run.err.str());
  REQUIRE(run.code == 0);
  std::this_thread::sleep_for(200ms);
  platform.stop(5s);
  const auto part = (*qnzs::ingest::JournalReader::open(copy))->list(0, 1'000'000);
  const auto whole =
      (*qnzs::ingest::JournalReader::open(gateway.journal_file()))->list(0, 1'000'000);
  REQUIRE(part->size() > 100);
  REQUIRE(part->size() < whole->size());
  for (std::size_t i = 0; i < part->size(); ++i) {
    REQUIRE(part->at(i).sequence == whole->at(i).sequence);
    REQUIRE(part->at(i).id == whole->at(i).id);
  }
}
