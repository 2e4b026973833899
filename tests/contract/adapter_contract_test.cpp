// Holds for every channel of the registry: a new one is tested by its fixtures, without a line
// here.
#include "adapters/adapter.hpp"
#include "config/gateway.hpp"
#include "schema/codec.hpp"
#include "schema/json.hpp"
#include "schema/validate.hpp"
#include "tests/support/fixture_accounts.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

namespace adapters = qnzs::adapters;
namespace config = qnzs::config;
namespace schema = qnzs::schema;
namespace fs = std::filesystem;

namespace {

const fs::path fixtures = QNZS_SOURCE_DIR "/tests/fixtures";

std::string contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE_MESSAGE(file, path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

// The accounts that the fixtures of all channels are addressed to.
const config::GatewaySettings& settings() {
  static const auto loaded =
      config::load_gateway(qnzs::tests::fixture_accounts_file, qnzs::tests::channel_sections(),
                           qnzs::tests::fixture_secret);
  if (!loaded) {
    for (const auto& problem : loaded.error()) MESSAGE(problem.str());
  }
  REQUIRE(loaded);
  return *loaded;
}

struct Fixture {
  fs::path path;
  std::string bytes, target;
  std::vector<adapters::HeaderView> headers;  // views into `bytes`
};

// A fixture is well-formed: "METHOD TARGET HTTP/1.1", headers, empty line, body.
Fixture load(const fs::path& path) {
  Fixture fixture{path, contents(path), {}, {}};
  const std::string_view bytes = fixture.bytes;
  const auto first = bytes.find(' ');
  const auto second = bytes.find(' ', first + 1);
  fixture.target = bytes.substr(first + 1, second - first - 1);
  return fixture;
}

std::vector<adapters::HeaderView> headers_of(std::string_view bytes) {
  std::vector<adapters::HeaderView> headers;
  auto head = bytes.substr(0, bytes.find("\r\n\r\n"));
  for (auto at = head.find("\r\n"); at != std::string_view::npos; at = head.find("\r\n")) {
    head.remove_prefix(at + 2);
    const auto line = head.substr(0, head.find("\r\n"));
    const auto colon = line.find(": ");
    headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
  }
  return headers;
}

adapters::HttpRequest request_of(const Fixture& fixture) {
  adapters::HttpRequest request;
  const std::string_view bytes = fixture.bytes;
  const std::string_view target = fixture.target;
  request.method = bytes.substr(0, bytes.find(' '));
  request.path = target.substr(0, target.find('?'));
  request.query = target.contains('?') ? target.substr(target.find('?') + 1) : "";
  request.headers = fixture.headers;
  request.body = bytes.substr(bytes.find("\r\n\r\n") + 4);
  request.received_at = {qnzs::tests::fixtures_received_at};
  return request;
}

std::unique_ptr<adapters::Webhook> open(const adapters::Channel& channel, std::string_view path) {
  static const schema::Identity identity(std::string(64, '7'));
  const auto account = path.substr(path.rfind('/') + 1);
  for (const auto& entry : settings().accounts) {
    if (entry.channel != channel.name || entry.settings->account != account) continue;
    return channel.open_webhook(
        *entry.settings,
        {.site = {schema::SiteCode("henan"), "青年之声·河南", "410000"}, .identity = &identity});
  }
  FAIL("no account for " << path);
  return nullptr;
}

template <class Visit>
void for_each_fixture(Visit visit) {
  for (const auto& channel : adapters::channels()) {
    if (channel.open_webhook == nullptr) continue;
    std::size_t count = 0;
    for (const auto& entry : fs::directory_iterator(fixtures / channel.name)) {
      if (entry.path().extension() != ".http") continue;
      auto fixture = load(entry.path());
      fixture.headers = headers_of(fixture.bytes);
      INFO(entry.path().filename().string());
      visit(channel, fixture, request_of(fixture));
      ++count;
    }
    CHECK_MESSAGE(count > 0, channel.name << " has no fixtures");
  }
}

}  // namespace

TEST_CASE("Every fixture of every channel gives its golden documents, which are valid") {
  for_each_fixture([](const auto& channel, const Fixture& fixture, const auto& request) {
    const auto received = open(channel, request.path)->receive(request);
    REQUIRE(received);
    schema::json::Array documents;
    for (const auto& message : received->messages) {
      for (const auto& problem : schema::validate(message))
        FAIL_CHECK(problem.pointer << " " << problem.what);
      const auto document = schema::encode(message);
      documents.push_back(*schema::json::parse(document));
      const auto decoded = schema::decode(document);
      REQUIRE(decoded);
      CHECK(*decoded == message);
    }
    const auto golden = fs::path(fixture.path).replace_extension(".golden.json");
    const auto written = schema::json::write_pretty(schema::json::Value(documents)) + "\n";
    if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(golden) << written;
    CHECK(contents(golden) == written);
  });
}

TEST_CASE("The same bytes twice give the same ids and the same answer") {
  for_each_fixture([](const auto& channel, const Fixture&, const auto& request) {
    const auto webhook = open(channel, request.path);
    const auto first = webhook->receive(request);
    const auto second = webhook->receive(request);
    REQUIRE(first->messages.size() == second->messages.size());
    for (std::size_t i = 0; i < first->messages.size(); ++i)
      CHECK(first->messages[i].id == second->messages[i].id);
    CHECK(first->once_stored.body == second->once_stored.body);
  });
}

TEST_CASE("A body read again as a dead letter's is the same messages, or the channel reads none") {
  for_each_fixture([](const auto& channel, const Fixture&, const auto& request) {
    const auto webhook = open(channel, request.path);
    auto letter = request;
    letter.query = "";
    letter.headers = {};
    const auto again = webhook->receive_again(letter);
    if (!again && again.error().fault == schema::Fault::unsupported) return;
    REQUIRE(again);
    auto messages = webhook->receive(request)->messages;
    REQUIRE(again->messages.size() == messages.size());
    // A channel whose proof does not stand in the body says no more than that there is none.
    for (std::size_t i = 0; i < messages.size(); ++i) {
      if (!again->messages[i].verification.ok)
        messages[i].verification = again->messages[i].verification;
    }
    CHECK(again->messages == messages);
  });
}

TEST_CASE(
    "A body cut anywhere is refused, set aside, or still the same message, and never another one") {
  for_each_fixture([](const auto& channel, const Fixture&, const auto& request) {
    const auto webhook = open(channel, request.path);
    const auto whole = webhook->receive(request);
    for (std::size_t size = 0; size < request.body.size(); size += 7) {
      auto cut = request;
      cut.body = request.body.substr(0, size);
      const auto received = webhook->receive(cut);
      if (!received || received->messages.empty()) continue;
      REQUIRE(whole);
      REQUIRE(received->messages.size() == whole->messages.size());
      for (std::size_t i = 0; i < whole->messages.size(); ++i)
        CHECK(received->messages[i].id == whole->messages[i].id);
    }
  });
}

TEST_CASE("A wrong method is unsupported, and a request without its credentials is refused") {
  for_each_fixture([](const auto& channel, const Fixture&, const auto& request) {
    const auto webhook = open(channel, request.path);
    auto other = request;
    other.method = "PUT";
    CHECK_FALSE(webhook->receive(other));
    other = request;
    other.query = "";
    other.headers = {};
    CHECK_FALSE(webhook->receive(other));
  });
}

TEST_CASE("Every channel answers before its platform gives up and remembers ids for a day") {
  for (const auto& channel : adapters::channels()) {
    CHECK(channel.manner.answer_within <= std::chrono::milliseconds(4500));
    CHECK(channel.manner.dedupe_window >= std::chrono::hours(24));
    CHECK(channel.section.name() == channel.name);
    CHECK(adapters::find_channel(channel.name) == &channel);
  }
  CHECK(adapters::find_channel("none") == nullptr);
}
