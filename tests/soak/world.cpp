#include "tests/soak/world.hpp"

#include "gateway/kafka/client_conf.hpp"
#include "tests/support/becomes_true.hpp"
#include "tests/support/damage.hpp"
#include "tests/support/kafka_admin.hpp"

#include <array>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <thread>

using namespace std::chrono_literals;

namespace qnzs::tests {
namespace {

constexpr const char* user = "qnzs";
constexpr const char* short_transactions = "[publisher]\ntransaction_ms_max = 10000\n";
constexpr const char* login =
    "security_protocol = \"sasl_plaintext\"\nsasl_mechanism = \"PLAIN\"\nsasl_username = \"qnzs\"\n"
    "sasl_password = \"${KAFKA_PASSWORD}\"\n";

std::size_t occurrences(const std::string& text, const std::string& word) {
  std::size_t count = 0;
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

}  // namespace

World::World(std::uint32_t seed)
    : random_(seed),
      are_topics_lost_(seed % 2 == 0),
      gateway_(broker_.sasl_address(), short_transactions, login),
      kafka_(gateway_.kafka()) {
  setenv("KAFKA_PASSWORD", "qnzs-development", 1);
  kafka_.bootstrap_servers = broker_.address();
  place_coordinator();
  gateway_.put_journal(disk_.file("journal.db"));
  gateway_.start(environment());
}

void World::fault() {
  // Not by a kill of ours: a gateway that has ended by itself must not pass for one.
  if (gateway_.wait(0ms)) throw std::runtime_error("the gateway has ended: " + gateway_.log());
  constexpr std::array faults{
      &World::kill_gateway,  &World::die_at_a_point,   &World::cut_power,
      &World::freeze,        &World::set_clock,        &World::fill_disk,
      &World::turn_broker,   &World::turn_coordinator, &World::turn_right_to_write,
      &World::lose_topic,    &World::empty_kafka,      &World::cut_off_journal,
      &World::damage_message};
  const auto which = number(0, static_cast<int>(faults.size()) - 1);
  (this->*faults.at(static_cast<std::size_t>(which)))();
}

void World::heal() {
  if (is_broker_away_) turn_broker();
  if (is_coordinator_away_) turn_coordinator();
  if (is_writing_denied_) turn_right_to_write();
}

std::size_t World::queued() const {
  return static_cast<std::size_t>(
      metric(gateway_.admin_port(), "qnzs_journal_entries{state=\"queued\"}").value_or(1));
}

void World::kill_gateway() {
  say("gateway killed");
  gateway_.kill();
  start();
}

void World::die_at_a_point() {
  constexpr std::array names{"stored_unanswered", "transaction_open", "committed_unmarked",
                             "in_checkpoint"};
  const std::string name = names.at(static_cast<std::size_t>(number(0, 3)));
  const FaultPoint point(name, number(1, 40));
  gateway_.kill();
  // It may be reached before the gateway is ready: then it is dead already.
  try {
    gateway_.start(point.environment());
  } catch (const std::runtime_error&) {
    if (!point.was_reached()) throw;
  }
  static_cast<void>(gateway_.wait(5s));
  say(name + (point.was_reached() ? ": killed there" : ": not reached"));
  gateway_.kill();
  start();
}

void World::cut_power() {
  say("power cut");
  gateway_.kill();
  power_.lose_unsynced();
  start();
}

void World::freeze() {
  const auto time = milliseconds(1000, 16'000);
  say("frozen for " + std::to_string(time.count()) + " ms");
  gateway_.signal(SIGSTOP);
  std::this_thread::sleep_for(time);
  gateway_.signal(SIGCONT);
}

void World::set_clock() {
  const auto hours = number(-5000, 5000);
  say("clock " + std::to_string(hours) + " h");
  clock_.set(std::chrono::hours(hours));
}

void World::fill_disk() {
  const auto time = milliseconds(500, 5000);
  say("disk full for " + std::to_string(time.count()) + " ms");
  disk_.fill();
  std::this_thread::sleep_for(time);
  disk_.free();
}

void World::turn_broker() {
  say(is_broker_away_ ? "broker back" : "broker away");
  is_broker_away_ ? broker_.start() : broker_.stop();
  is_broker_away_ = !is_broker_away_;
}

// It cannot start without the broker, which leads the two.
void World::turn_coordinator() {
  if (is_broker_away_) return;
  say(is_coordinator_away_ ? "coordinator back" : "coordinator away");
  is_coordinator_away_ ? coordinator_.start() : coordinator_.stop();
  is_coordinator_away_ = !is_coordinator_away_;
}

void World::turn_right_to_write() {
  if (is_broker_away_) return;
  say(is_writing_denied_ ? "right to write given back" : "right to write taken");
  is_writing_denied_ ? give_writing_back(kafka_, user, topic())
                     : revoke_writing(kafka_, user, topic());
  is_writing_denied_ = !is_writing_denied_;
}

// Only of a gateway that has published and does; and waits until it has noticed, which is after it
// has made the topic and put on Kafka what is to be looked through: a kill before that may lose
// what the topic held (DECISIONS.md).
void World::lose_topic() {
  if (!are_topics_lost_ || !is_kafka_whole() || !publishes()) return;
  say("topic deleted");
  is_topic_new_ = true;
  const auto noticed = [&] { return occurrences(gateway_.log(), "topic_lost"); };
  const auto before = noticed();
  delete_topic(kafka_, topic());
  if (!becomes_true([&] { return noticed() > before; }))
    throw std::runtime_error("a deleted topic is not noticed: " + gateway_.log());
}

void World::empty_kafka() {
  if (!are_topics_lost_ || is_broker_away_) return;
  say("Kafka replaced by an empty one");
  is_topic_new_ = true;
  is_writing_denied_ = false;
  const auto noticed = [&] { return occurrences(gateway_.log(), "position_mismatch"); };
  const auto before = noticed();
  coordinator_.stop();
  broker_.replace_by_empty();
  coordinator_.replace_by_empty();
  is_coordinator_away_ = false;
  becomes_true([&] { return noticed() > before; });
}

// What is cut off may be what the position on Kafka is recognised by: then, with Kafka ahead of the
// journal's own marks, it rightly comes twice.
void World::cut_off_journal() {
  if (are_topics_lost_ || !is_kafka_whole() || !publishes()) return;
  stop_gateway();
  cut_off(gateway_.journal_file(), static_cast<std::uint64_t>(number(1, 20)));
  try {
    gateway_.start(environment());
    throw std::logic_error("a journal that is cut off is not refused");
  } catch (const std::runtime_error&) {
    if (gateway_.wait(10s) != 78) throw;
  }
  const auto named = salvage(gateway_);
  named_ += named;
  say("journal cut off; lost and named " + std::to_string(named));
  start();
}

void World::damage_message() {
  if (are_topics_lost_) return;
  stop_gateway();
  const bool is_done =
      damage_body(gateway_.journal_file(), static_cast<std::size_t>(number(0, 200)));
  named_ += is_done ? 1 : 0;
  say(is_done ? "message damaged" : "no message to damage");
  start();
}

std::chrono::milliseconds World::milliseconds(int from, int to) {
  return std::chrono::milliseconds(number(from, to));
}

int World::number(int from, int to) {
  return std::uniform_int_distribution(from, to)(random_);
}

void World::say(const std::string& fault) const {
  const std::chrono::duration<double> at = std::chrono::steady_clock::now() - started_;
  std::cout << static_cast<int>(at.count()) << " s: " << fault << std::endl;
}

// It has published, and nothing to speak of waits.
bool World::publishes() const {
  const auto entries = [&](const std::string& state) {
    return metric(gateway_.admin_port(), "qnzs_journal_entries{state=\"" + state + "\"}")
        .value_or(0);
  };
  return becomes_true([&] { return entries("published") > 0 && entries("queued") < 100; }, 20s);
}

bool World::is_kafka_whole() const {
  return !is_broker_away_ && !is_coordinator_away_ && !is_writing_denied_;
}

std::string World::topic() const {
  return kafka::topic_name(kafka_, schema::Topic::messages);
}

void World::place_coordinator() const {
  for (const auto one :
       {schema::Topic::messages, schema::Topic::dead_letters, schema::Topic::journal_positions})
    make_topic_on(1, kafka_, kafka::topic_plan(kafka_, one));
  make_topic_on(2, kafka_, transaction_states());
}

// With a right clock: by a wrong one at its start a gateway forgets ids (README.md).
void World::start() {
  clock_.set(0s);
  gateway_.start(environment());
}

// In order, so that nothing is half answered whose entry is then destroyed.
void World::stop_gateway() {
  gateway_.signal(SIGTERM);
  if (gateway_.wait(60s) != 0) throw std::runtime_error("no orderly stop: " + gateway_.log());
}

std::vector<std::string> World::environment() const {
  auto all = clock_.environment();
  for (const auto& more : {disk_.environment(), power_.begin()})
    all.insert(all.end(), more.begin(), more.end());
  return all;
}

}  // namespace qnzs::tests
