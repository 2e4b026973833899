// libFuzzer: any bytes as what a client sends over one connection, through the real reader, routes,
// adapters and answers, without a socket. Where the bytes are cut must not matter; nothing may grow
// beyond its limit, and no answer may hold what would be taken for another one.
#include "gateway/http/answer.hpp"
#include "gateway/http/forwarded.hpp"
#include "gateway/http/request_reader.hpp"
#include "gateway/ingest/webhook_host.hpp"
#include "gateway/routes.hpp"
#include "gateway/runtime/log.hpp"
#include "tests/support/fixture_accounts.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include <algorithm>
#include <limits>

namespace adapters = qnzs::adapters;
namespace http = qnzs::http;
namespace ingest = qnzs::ingest;
namespace runtime = qnzs::runtime;
using qnzs::config::HttpSettings;
using qnzs::http::RequestReader;
using State = RequestReader::State;

namespace {

void require(bool holds) {
  if (!holds) __builtin_trap();
}

const HttpSettings& limits() {
  static const HttpSettings settings = [] {
    HttpSettings made;
    made.header_bytes_max = 1024;
    made.body_bytes_max = 4096;
    return made;
  }();
  return settings;
}

// Stores everything at once and forgets it.
class ForgetfulJournal final : public ingest::Journal {
 public:
  void append(std::vector<ingest::Entry> entries, ingest::Appended done) override {
    std::vector<ingest::Receipt> receipts;
    for (const auto& entry : entries) {
      require(entry.record.value.size() <= 512 * 1024);
      receipts.push_back({.sequence = ++last_, .is_repeat = false});
    }
    done(std::move(receipts));
  }
  void count_refused() override {}
  std::optional<std::string> state(const std::string& /*name*/) override { return {}; }
  ingest::JournalStatus status() const override { return {}; }
  qnzs::kafka::RecordSource& records() override { __builtin_trap(); }
  void stop() override {}

 private:
  std::uint64_t last_ = 0;
};

// The gateway behind its reader, with the accounts of the fixtures.
struct Gateway {
  Gateway() {
    const auto settings =
        qnzs::config::load_gateway(qnzs::tests::fixture_accounts_file,
                                   qnzs::tests::channel_sections(), qnzs::tests::fixture_secret);
    require(settings.has_value());
    runtime::set_log_level("error");
    host = std::make_unique<ingest::WebhookHost>(
        qnzs::routes_for(*settings, identity), journal, identity, 1024,
        ingest::AccountLimits{.requests_per_second_max = std::numeric_limits<std::int32_t>::max()},
        metrics);
  }

  http::Outcome answer(const adapters::HttpRequest& request) {
    std::optional<http::Outcome> outcome;
    const auto asking = [&]() -> runtime::Awaitable<void> {
      outcome = co_await host->handle(request, worker);
    };
    worker.context().restart();
    boost::asio::co_spawn(worker.context(), asking, boost::asio::detached);
    worker.context().poll();
    require(outcome.has_value());
    return *std::move(outcome);
  }

  qnzs::schema::Identity identity{std::string(64, '7')};
  runtime::Metrics metrics;
  runtime::Worker worker;
  ForgetfulJournal journal;
  std::unique_ptr<ingest::WebhookHost> host;
};

void check_answer(const http::Outcome& outcome, bool is_head_request) {
  const auto* reply = std::get_if<adapters::HttpReply>(&outcome);
  if (reply == nullptr) return;
  std::string bytes;
  http::render(*reply, http::imf_fixdate(1'700'000'000), true, is_head_request, bytes);
  const auto end = bytes.find("\r\n\r\n");
  require(end != std::string::npos);
  require(bytes.size() == end + 4 + (is_head_request ? 0 : reply->body.size()));
  auto line_ends = std::string_view(bytes).substr(0, end);
  for (auto at = line_ends.find_first_of("\r\n"); at != std::string_view::npos;
       at = line_ends.find_first_of("\r\n")) {
    require(line_ends.substr(at, 2) == "\r\n");
    line_ends.remove_prefix(at + 2);
  }
}

void check_request(const adapters::HttpRequest& request) {
  require(!request.method.empty());
  require(request.body.size() <= static_cast<std::size_t>(limits().body_bytes_max));
  for (const auto& [name, value] : request.headers) {
    for (const auto text : {name, value})
      require(text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
  }
  static const auto proxy = *qnzs::config::parse_address("127.0.0.1");
  static const std::vector trusted{*qnzs::config::parse_network("127.0.0.0/8")};
  for (const auto* name : {"X-Forwarded-For", "Forwarded"})
    http::forwarded_client(request.headers, name, proxy, trusted);
}

std::string text_of(const adapters::HttpRequest& request) {
  std::string text = std::string(request.method) + " " + std::string(request.path) + "?" +
                     std::string(request.query) + "\n";
  for (const auto& [name, value] : request.headers)
    text.append(name).append(": ").append(value).append("\n");
  return text.append("\n").append(request.body);
}

// The requests of a connection, read as Connection does it: `piece` bytes come at a time; `take`
// gets each request. What is bad is the end, and what is not whole is nothing: Beast may see the
// one or the other, by how much of a head it has at once.
template <class Take>
std::vector<std::string> read(std::string_view bytes, std::size_t piece, Take take) {
  constexpr std::int64_t read_at_once = 8 * 1024;
  std::vector<std::string> seen;
  RequestReader reader(limits());
  for (;;) {
    auto state = reader.resume();
    while (state != State::complete && state != State::bad) {
      if (bytes.empty()) return seen;
      reader.wants_continue();
      const auto space = reader.space();
      const auto size = std::min({space.size(), bytes.size(), piece});
      std::copy_n(bytes.begin(), size, space.begin());
      bytes.remove_prefix(size);
      state = reader.commit(size);
      require(reader.held_bytes() <=
              limits().header_bytes_max + limits().body_bytes_max + read_at_once);
    }
    if (state == State::bad) {
      require(reader.problem().status >= 400 && !reader.problem().reason.empty());
      return seen;
    }
    auto request = reader.request();
    request.received_at = {qnzs::tests::fixtures_received_at};
    seen.push_back(text_of(request));
    take(request, reader.is_head_request());
    if (!reader.keeps_alive()) return seen;
    reader.next();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Gateway gateway;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto whole = read(bytes, bytes.size(), [](const auto& request, bool is_head_request) {
    check_request(request);
    check_answer(gateway.answer(request), is_head_request);
  });
  const auto ignore = [](const adapters::HttpRequest&, bool) {};
  for (const std::size_t piece : {1U, 7U, 61U}) require(read(bytes, piece, ignore) == whole);
  return 0;
}
