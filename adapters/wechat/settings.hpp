#pragma once

#include "config/account.hpp"
#include "config/secret.hpp"
#include "config/section.hpp"

#include <string>

namespace qnzs::adapters::wechat {

// One official account: [[channels.wechat]].
struct Settings : config::AccountSettings {
  std::string appid;                // "wx…", the tail of every encrypted push
  std::string original_id;          // "gh_…"; empty = not compared
  std::string mode = "safe";        // plain | compat | safe, as chosen at the platform
  config::Secret token;             // signs
  config::Secret aes_key;           // EncodingAESKey, 43 characters; not needed by mode plain
  config::Secret previous_aes_key;  // while it is being rotated
  bool can_reply = true;            // verified accounts may send customer-service messages
};

const config::Section<Settings>& section();

}  // namespace qnzs::adapters::wechat
