#pragma once

#include "config/gateway.hpp"
#include "schema/error.hpp"

#include <functional>
#include <iostream>
#include <string>
#include <vector>

namespace CLI {
class App;
}

// The command line `qnzs`: each command is one file, added to the tree by its function. A command
// writes what was asked for to `out` and everything else to `err`.
namespace qnzs::cli {

// As in sysexits.h.
inline constexpr int exit_ok = 0;
inline constexpr int exit_failed = 1;  // what was asked for did not come out well
inline constexpr int exit_usage = 64;
inline constexpr int exit_unavailable = 69;  // Kafka is away: nothing can be said
inline constexpr int exit_config = 78;

struct Context {
  std::ostream& out;
  std::ostream& err;
  int code = exit_ok;
};

void add_check(CLI::App& root, Context& context);
void add_config(CLI::App& root, Context& context);
void add_normalise(CLI::App& root, Context& context);
void add_send(CLI::App& root, Context& context);
void add_send_wechat(CLI::App& send, Context& context);   // below `send`
void add_send_hotline(CLI::App& send, Context& context);  // below `send`
void add_tail(CLI::App& root, Context& context);
void add_journal(CLI::App& root, Context& context);
void add_reload(CLI::App& root, Context& context);
void add_replay(CLI::App& root, Context& context);
void add_alarm(CLI::App& root, Context& context);
void add_completion(CLI::App& root, Context& context);

// The whole command line, as main does it: exit code.
int run(const std::vector<std::string>& arguments, std::ostream& out, std::ostream& err);

// Tells that Kafka is away and what to do, after what has not come of it; sets `code`.
void tell_kafka_away(const std::string& what, const schema::Error& error, Context& context);

// The settings of that file; nothing after its problems were written and `code` was set.
std::optional<config::GatewaySettings> load(const std::string& path, Context& context);

}  // namespace qnzs::cli
