#include "gateway/runtime/command.hpp"

#include <doctest/doctest.h>

#include <thread>

using namespace std::chrono_literals;
using qnzs::runtime::run_command;
using Clock = std::chrono::steady_clock;

TEST_CASE("A command gets its input and gives its output and code") {
  const auto end = run_command({"/bin/sh", "-c", "cat; echo oops >&2; exit 3"}, "text\n", {}, {});
  REQUIRE(end);
  CHECK(end->code == 3);
  CHECK(end->output == "text\noops\n");
}

TEST_CASE("A command that does not read its input and prints for ever is bounded") {
  const auto end =
      run_command({"/bin/sh", "-c", "yes | head -c 1000000"}, std::string(300'000, 'x'),
                  {.time_max = 10s, .output_bytes_max = 100}, {});
  REQUIRE(end);
  CHECK(end->output.size() == 100);
}

TEST_CASE("A command that is late is killed with all its children") {
  const auto start = Clock::now();
  const auto end = run_command({"/bin/sh", "-c", "sleep 30 & sleep 30"}, "",
                               {.time_max = 200ms, .output_bytes_max = 100}, {});
  REQUIRE_FALSE(end);
  CHECK(end.error().fault == qnzs::schema::Fault::late);
  CHECK(Clock::now() - start < 5s);
}

TEST_CASE("A child left behind that keeps the output open does not hold us up") {
  const auto start = Clock::now();
  const auto end = run_command({"/bin/sh", "-c", "sleep 3 & echo done"}, "", {}, {});
  REQUIRE(end);
  CHECK(end->output == "done\n");
  CHECK(Clock::now() - start < 2s);
}

TEST_CASE("A command is killed at once when it is told to stop") {
  std::stop_source stop;
  std::jthread stopper([&] {
    std::this_thread::sleep_for(200ms);
    stop.request_stop();
  });
  const auto start = Clock::now();
  CHECK_FALSE(run_command({"/bin/sleep", "30"}, "", {.time_max = 30s}, stop.get_token()));
  CHECK(Clock::now() - start < 5s);
}

TEST_CASE("A program that is not there is named") {
  const auto end = run_command({"/nonexistent/page"}, "", {}, {});
  REQUIRE_FALSE(end);
  CHECK(end.error().reason.starts_with("/nonexistent/page: "));
}
