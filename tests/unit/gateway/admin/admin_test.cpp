#include "gateway/admin/admin.hpp"

#include "schema/json.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <doctest/doctest.h>

#include <thread>

namespace json = qnzs::schema::json;
namespace runtime = qnzs::runtime;
using qnzs::adapters::HttpReply;
using qnzs::admin::Admin;
using qnzs::admin::Check;

namespace {

HttpReply ask(Admin& admin, std::string_view path, std::string_view method = "GET",
              std::string_view client = "127.0.0.1") {
  runtime::Worker worker;
  qnzs::adapters::HttpRequest request;
  request.method = method;
  request.path = path;
  request.client = client;
  HttpReply reply;
  const auto asking = [&]() -> runtime::Awaitable<void> {
    auto outcome = co_await admin.handle(request, worker);
    reply = std::get<HttpReply>(std::move(outcome));
    worker.stop();
  };
  boost::asio::co_spawn(worker.context(), asking, boost::asio::detached);
  worker.run();
  return reply;
}

HttpReply no_reload() {
  return {};
}

Check says(std::string name, std::string why) {
  return {.name = std::move(name), .explain = [why] { return why; }};
}

}  // namespace

TEST_CASE("healthz says ok whatever else is wrong") {
  runtime::Metrics metrics;
  Admin admin(metrics, {says("journal", "磁盘已满")}, {}, [] { return ""; }, no_reload);
  CHECK(ask(admin, "/healthz").status == 200);
}

TEST_CASE("readyz is 200 when nothing hinders, and carries notes") {
  runtime::Metrics metrics;
  Admin admin(
      metrics, {says("journal", "")}, {says("kafka", "Kafka 连不上")}, [] { return ""; },
      no_reload);
  const auto reply = ask(admin, "/readyz");
  CHECK(reply.status == 200);
  const auto parsed = json::parse(reply.body);
  REQUIRE(parsed.has_value());
  CHECK(*parsed->find("ready")->boolean());
  CHECK(parsed->find("obstacles") == nullptr);
  CHECK(*(*parsed->find("notes")->array())[0].find("why")->text() == "Kafka 连不上");
}

TEST_CASE("readyz is 503 and says why not") {
  runtime::Metrics metrics;
  Admin admin(
      metrics, {says("journal", "磁盘已满"), says("stop", "")}, {}, [] { return ""; }, no_reload);
  const auto reply = ask(admin, "/readyz");
  CHECK(reply.status == 503);
  const auto parsed = json::parse(reply.body);
  REQUIRE(parsed.has_value());
  CHECK_FALSE(*parsed->find("ready")->boolean());
  REQUIRE(parsed->find("obstacles")->array()->size() == 1);
  CHECK(*(*parsed->find("obstacles")->array())[0].find("name")->text() == "journal");
}

TEST_CASE("metrics and settings are shown, other paths and methods are not") {
  runtime::Metrics metrics;
  metrics.counter("qnzs_test_total", "Help.").add();
  Admin admin(metrics, {}, {}, [] { return "token = \"********\""; }, no_reload);
  CHECK(ask(admin, "/metrics").body.find("qnzs_test_total 1") != std::string::npos);
  CHECK(ask(admin, "/config").body == "token = \"********\"");
  CHECK(ask(admin, "/").status == 404);
  CHECK(ask(admin, "/metrics", "POST").status == 405);
}

TEST_CASE(
    "reload is done once it is asked for by POST from this machine, and answered with its result") {
  runtime::Metrics metrics;
  int reloads = 0;
  Admin admin(
      metrics, {}, {}, [] { return ""; },
      [&] {
        ++reloads;
        HttpReply reply;
        reply.status = 422;
        reply.body = "why";
        return reply;
      });
  CHECK(ask(admin, "/reload", "POST", "192.0.2.1").status == 403);
  CHECK(ask(admin, "/reload", "POST", "").status == 403);
  CHECK(ask(admin, "/reload", "GET").status == 405);
  CHECK(reloads == 0);
  const auto reply = ask(admin, "/reload", "POST", "::1");
  CHECK(reply.status == 422);
  CHECK(reply.body == "why");
  CHECK(reloads == 1);
}
