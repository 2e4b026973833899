#pragma once

#include <string>

namespace qnzs::config {

// What every account of every channel has. A channel's own settings derive from it.
struct AccountSettings {
  std::string account;  // the name in the public path /{channel}/{account}
  std::string site;     // code of its [[sites]] entry
  virtual ~AccountSettings() = default;

 protected:
  AccountSettings() = default;
  AccountSettings(const AccountSettings&) = default;
  AccountSettings& operator=(const AccountSettings&) = default;
};

}  // namespace qnzs::config
