#pragma once

#include <cstdint>
#include <string>

namespace qnzs::config {

// What every account of every channel has. A channel's own settings derive from it.
struct AccountSettings {
  std::string account;  // the name in the public path /{channel}/{account}
  std::string site;     // code of its [[sites]] entry
  std::int64_t dedupe_hours =
      0;  // how long a repeat is recognised at least; 0 = as the channel says
  virtual ~AccountSettings() = default;

 protected:
  AccountSettings() = default;
  AccountSettings(const AccountSettings&) = default;
  AccountSettings& operator=(const AccountSettings&) = default;
};

}  // namespace qnzs::config
