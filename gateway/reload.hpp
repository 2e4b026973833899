#pragma once

#include "adapters/http.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace qnzs {

// What a reload has come to.
struct Reloaded {
  std::vector<std::string> problems;      // Chinese, all of them; not empty: nothing has changed
  std::vector<std::string> need_restart;  // settings that differ and stay as they are until then
  std::size_t accounts = 0;               // that are served now
};

// For the log: one line.
void log_reload(const Reloaded& reloaded);
// For who asked: 200 or 422, a JSON object {"applied", "accounts", "problems", "need_restart"}.
adapters::HttpReply reload_reply(const Reloaded& reloaded);

}  // namespace qnzs
