#include "gateway/ingest/webhook_host.hpp"

#include "tests/support/fake_journal.hpp"
#include "tests/support/test_message.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <doctest/doctest.h>

#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace ingest = qnzs::ingest;
namespace http = qnzs::http;
namespace runtime = qnzs::runtime;
namespace schema = qnzs::schema;
namespace adapters = qnzs::adapters;
using qnzs::test::FakeJournal;
using qnzs::test::identity;
using qnzs::test::message;
using qnzs::test::site;
using std::chrono::milliseconds;

namespace {

// The body is the text of one message; some words make it behave otherwise.
class TestWebhook final : public adapters::Webhook {
 public:
  schema::Result<adapters::Received> receive(const adapters::HttpRequest& request) const override {
    adapters::Received received;
    received.once_stored.body = "success";
    if (request.body == "bad signature")
      return schema::fail(schema::Fault::unauthentic, "signature");
    if (request.body == "bug") throw std::logic_error("a bug");
    if (request.body == "handshake") {
      received.once_stored.body = "echo";
      return received;
    }
    auto made = message(std::string(request.body));
    if (request.body == "dead") {
      schema::DeadLetter letter;
      letter.channel = made.channel;
      letter.account = made.account;
      letter.reason = "odd";
      letter.payload_sha256 = std::string(64, 'b');
      received.dead_letters.push_back(letter);
      return received;
    }
    if (request.body == "nothing good") {
      received.once_stored.status = 400;
      received.once_stored.body = "reasons";
      return received;
    }
    if (request.body.starts_with("once "))
      received.once_only = adapters::OnceOnly{.token = std::string(request.body),
                                              .until = schema::Instant(milliseconds(1000))};
    if (request.body == "invalid") made.verification.method.clear();
    if (request.body == "huge") made.text = std::string(600 * 1024, 'x');
    received.messages.push_back(std::move(made));
    return received;
  }
};

struct Host {
  explicit Host(adapters::Refusal refusal = adapters::Refusal::close_unanswered,
                ingest::AccountLimits limits = {}) {
    std::vector<ingest::Route> routes(1);
    routes[0].channel = "test";
    routes[0].account = "a";
    routes[0].site = site();
    routes[0].manner = {.answer_within = milliseconds(150), .refusal = refusal};
    routes[0].webhook = std::make_unique<TestWebhook>();
    host = std::make_unique<ingest::WebhookHost>(std::move(routes), journal, identity(), 1024,
                                                 limits, metrics);
  }

  http::Outcome call(std::string_view body, std::string_view path = "/test/a",
                     std::string_view method = "POST") {
    auto& worker = *workers.emplace_back(std::make_unique<runtime::Worker>());
    adapters::HttpRequest request;
    request.method = method;
    request.path = path;
    request.body = body;
    http::Outcome outcome;
    const auto calling = [&]() -> runtime::Awaitable<void> {
      outcome = co_await host->handle(request, worker);
      worker.stop();
    };
    boost::asio::co_spawn(worker.context(), calling, boost::asio::detached);
    worker.run();
    return outcome;
  }
  adapters::HttpReply reply(std::string_view body, std::string_view path = "/test/a") {
    auto outcome = call(body, path);
    REQUIRE(std::holds_alternative<adapters::HttpReply>(outcome));
    return std::get<adapters::HttpReply>(std::move(outcome));
  }
  bool counts(const std::string& outcome, int n) {
    const auto line = "qnzs_callbacks_total{account=\"a\",channel=\"test\",outcome=\"" + outcome +
                      "\"} " + std::to_string(n);
    return metrics.exposition().find(line) != std::string::npos;
  }

  runtime::Metrics metrics;
  std::vector<std::unique_ptr<runtime::Worker>> workers;  // a late answer still finds its worker
  FakeJournal journal;
  std::unique_ptr<ingest::WebhookHost> host;
};

}  // namespace

TEST_CASE("a message is answered once it is stored, and a repeat gets the same answer") {
  Host host;
  CHECK(host.reply("hello").body == "success");
  REQUIRE(host.journal.stored.size() == 1);
  CHECK(host.journal.stored[0].kind == ingest::EntryKind::message);
  CHECK(host.journal.stored[0].record.key == message("hello").conversation.key.hex());
  CHECK(host.reply("hello").body == "success");
  CHECK(host.journal.stored.size() == 1);
  CHECK(host.counts("stored", 1));
  CHECK(host.counts("repeated", 1));
}

TEST_CASE("nothing is answered while the journal has not committed") {
  Host host;
  host.journal.is_held = true;
  const auto outcome = host.call("slow");
  CHECK(std::holds_alternative<http::Close>(outcome));
  CHECK(host.counts("refused", 1));
  host.journal.release();  // too late for anybody; must not touch what has gone
  CHECK(host.journal.stored.size() == 1);
}

TEST_CASE("a channel that understands it is told when to come back") {
  Host host(adapters::Refusal::retry_after);
  host.journal.refuse_with = schema::Error{schema::Fault::busy, "full"};
  host.journal.said.sums.queued = 1000;
  host.journal.said.drained_per_second = 100;
  const auto reply = host.reply("x");
  CHECK(reply.status == 503);
  REQUIRE(reply.headers.size() == 1);
  CHECK(reply.headers[0] == std::pair<std::string, std::string>{"Retry-After", "10"});
}

TEST_CASE("a channel that only repeats after silence gets silence") {
  Host host;
  for (const auto fault : {schema::Fault::busy, schema::Fault::storage, schema::Fault::late}) {
    host.journal.refuse_with = schema::Error{fault, "no"};
    CHECK(std::holds_alternative<http::Close>(host.call("x")));
  }
}

TEST_CASE("what is not authentic is refused, counted and not stored") {
  Host host;
  CHECK(host.reply("bad signature").status == 403);
  CHECK(host.journal.stored.empty());
  CHECK(host.journal.refused == 1);
  CHECK(host.counts("refused", 1));
}

TEST_CASE("a bug in a channel is refused in the channel's way and counted") {
  Host silent;
  CHECK(std::holds_alternative<http::Close>(silent.call("bug")));
  CHECK(silent.journal.refused == 1);
  CHECK(silent.counts("refused", 1));
  Host speaking(adapters::Refusal::retry_after);
  CHECK(speaking.reply("bug").status == 500);
  CHECK(speaking.counts("refused", 1));
}

TEST_CASE("a handshake is answered without the journal") {
  Host host;
  host.journal.refuse_with = schema::Error{schema::Fault::storage, "disk"};
  CHECK(host.reply("handshake").body == "echo");
}

TEST_CASE("a channel's own refusal is answered in its words and counted as refused") {
  Host host;
  const auto reply = host.reply("nothing good");
  CHECK(reply.status == 400);
  CHECK(reply.body == "reasons");
  CHECK(host.journal.refused == 1);
  CHECK(host.counts("refused", 1));
  CHECK(host.journal.stored.empty());
}

TEST_CASE("a request that may come once is refused the second time") {
  Host host(adapters::Refusal::retry_after);
  CHECK(host.reply("once a").status == 200);
  CHECK(host.reply("once a").status == 403);
  CHECK(host.reply("once b").status == 200);
  CHECK(host.journal.stored.size() == 2);
  CHECK(host.counts("refused", 1));
}

TEST_CASE("a request that may come once may come again when storing it has failed") {
  Host host(adapters::Refusal::retry_after);
  host.journal.refuse_with = schema::Error{schema::Fault::busy, "full"};
  CHECK(host.reply("once a").status == 503);
  host.journal.refuse_with.reset();
  CHECK(host.reply("once a").status == 200);
  CHECK(host.reply("once a").status == 403);
}

TEST_CASE("dead letters are stored before the answer") {
  Host host;
  CHECK(host.reply("dead").body == "success");
  REQUIRE(host.journal.stored.size() == 1);
  CHECK(host.journal.stored[0].kind == ingest::EntryKind::dead_letter);
  CHECK(host.journal.stored[0].record.topic == schema::Topic::dead_letters);
  CHECK(host.journal.stored[0].record.key == "test:a");
  CHECK(host.counts("dead_lettered", 1));
  host.reply("dead");
  CHECK(host.journal.stored.size() == 1);
  CHECK(host.counts("repeated", 1));
}

TEST_CASE("a message that does not validate or is too large becomes a dead letter, never nothing") {
  Host host;
  CHECK(host.reply("invalid").body == "success");
  CHECK(host.reply("huge").body == "success");
  REQUIRE(host.journal.stored.size() == 2);
  CHECK(host.journal.stored[0].record.value.find("invalid_message") != std::string::npos);
  CHECK(host.journal.stored[0].record.value.find("/verification/method") != std::string::npos);
  CHECK(host.journal.stored[1].kind == ingest::EntryKind::dead_letter);
}

TEST_CASE(
    "an account over its rate is refused by its channel's manner, and forgeries do not use it up") {
  Host host(adapters::Refusal::retry_after, {.requests_per_second_max = 2});
  for (int i = 0; i < 50; ++i) CHECK(host.reply("bad signature").status == 403);
  for (int i = 0; i < 4; ++i) CHECK(host.reply("x").status == 200);
  const auto over = host.reply("x");
  CHECK(over.status == 429);
  REQUIRE(over.headers.size() == 1);
  CHECK(over.headers[0] == std::pair<std::string, std::string>("Retry-After", "1"));
  CHECK(host.counts("refused", 51));
  Host silent(adapters::Refusal::close_unanswered, {.requests_per_second_max = 1});
  for (int i = 0; i < 2; ++i) CHECK(silent.reply("x").status == 200);
  CHECK(std::holds_alternative<http::Close>(silent.call("x")));
}

TEST_CASE("an account has at most so many requests in flight, and gets them back") {
  Host host(adapters::Refusal::retry_after, {.requests_in_flight_max = 1});
  host.journal.is_held = true;
  std::array<int, 2> statuses{};
  runtime::Worker worker;
  adapters::HttpRequest request;
  request.method = "POST";
  request.path = "/test/a";
  request.body = "x";
  int done = 0;
  const auto calling = [&](int i) -> runtime::Awaitable<void> {
    const auto outcome = co_await host.host->handle(request, worker);
    statuses.at(static_cast<std::size_t>(i)) = std::get<adapters::HttpReply>(outcome).status;
    if (++done == 2) worker.stop();
  };
  boost::asio::co_spawn(worker.context(), calling(0), boost::asio::detached);
  boost::asio::co_spawn(worker.context(), calling(1), boost::asio::detached);
  worker.run();
  CHECK(statuses == std::array<int, 2>{503, 429});  // the first is late: the journal is held
  host.journal.is_held = false;
  CHECK(host.reply("x").status == 200);
}

TEST_CASE("a caller over the server's limit is refused by the channel's manner too") {
  Host silent;
  adapters::HttpRequest request;
  request.path = "/test/a";
  CHECK(std::holds_alternative<http::Close>(silent.host->over_limit(request, 7)));
  Host speaking(adapters::Refusal::retry_after);
  const auto known = speaking.host->over_limit(request, 7);
  CHECK(std::get<adapters::HttpReply>(known).status == 429);
  CHECK(std::get<adapters::HttpReply>(known).headers[0].second == "7");
  request.path = "/nobody";
  CHECK(std::get<adapters::HttpReply>(silent.host->over_limit(request, 7)).status == 429);
}

TEST_CASE("unknown paths and methods are refused") {
  Host host;
  CHECK(host.reply("x", "/test/b").status == 404);
  CHECK(host.reply("x", "/").status == 404);
  CHECK(host.reply("x", "/test/a/").status == 404);
  CHECK(std::get<adapters::HttpReply>(host.call("x", "/test/a", "DELETE")).status == 405);
  CHECK(host.journal.stored.empty());
}

TEST_CASE("Retry-After grows with the queue and stays within its bounds") {
  ingest::JournalStatus status;
  CHECK(ingest::retry_after_seconds(status) == 1);
  status.sums.queued = 10;
  CHECK(ingest::retry_after_seconds(status) == 60);
  status.drained_per_second = 4;
  CHECK(ingest::retry_after_seconds(status) == 3);
  status.sums.queued = 1'000'000;
  CHECK(ingest::retry_after_seconds(status) == 300);
}
