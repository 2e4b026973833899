#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Plays a 12355 desk, for tests and demonstrations only: makes call records and signs requests as a
// desk does.
namespace qnzs::simulator {

struct HotlineCall {
  std::string record_no;
  std::int64_t revision = 0;
  std::string text;
  std::string phone = "037112355001";
  std::string urgency = "一般";
  std::int64_t started_at = 0;  // seconds since 1970
};

// One line of JSON, without its line break.
std::string record_of(const HotlineCall& call);

struct HotlineDesk {
  std::string account, key_id, secret;
};

// The headers of a POST of `body` to /hotline/{account}, signed at `timestamp` with a fresh nonce.
std::vector<std::pair<std::string, std::string>> signed_headers(const HotlineDesk& desk,
                                                                std::string_view body,
                                                                std::int64_t timestamp);

}  // namespace qnzs::simulator
