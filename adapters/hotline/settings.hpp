#pragma once

#include "config/account.hpp"
#include "config/secret.hpp"
#include "config/section.hpp"

#include <cstdint>
#include <string>

namespace qnzs::adapters::hotline {

// One desk of 12355: [[channels.hotline]]. Its records come signed over HTTP, in files of a watched
// folder, or both.
struct Settings : config::AccountSettings {
  std::string key_id;           // names the secret, so that it can be changed
  config::Secret secret;        // signs; empty = this desk does not call us
  std::string previous_key_id;  // while the secret is being changed
  config::Secret previous_secret;
  std::int64_t time_window_seconds = 300;  // how far a request's time may be from ours
  std::int64_t records_max = 1000;         // of one request
  std::string folder;                      // watched; empty = none
  std::int64_t poll_ms = 1000;
  std::int64_t settle_ms = 2000;  // a file that rests so long is not being written
  std::int64_t folder_files_max = 1000;
  std::int64_t line_bytes_max = 256 * 1024;
  std::int64_t append_lines_max = 500;
};

const config::Section<Settings>& section();

}  // namespace qnzs::adapters::hotline
