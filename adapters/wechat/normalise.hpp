#pragma once

#include "adapters/adapter.hpp"
#include "adapters/support/xml.hpp"
#include "adapters/wechat/settings.hpp"
#include "schema/error.hpp"
#include "schema/message.hpp"

#include <string>
#include <string_view>

namespace qnzs::adapters::wechat {

// What is known of a push beside its XML.
struct Origin {
  const Settings& settings;
  const Installation& installation;
  const HttpRequest& request;
  std::string_view xml;  // the decrypted document
  bool is_encrypted = false;
  std::string_view key_id;  // "current" or "previous"; "" when not encrypted
};

// One push → one message (protocols: WeChat §3, §4.4, §6.1). Fault::malformed with a word for the
// dead letter when a common element is missing or wrong, or when ToUserName is not `original_id`.
schema::Result<schema::Message> normalise(const support::XmlDocument& document,
                                          const Origin& origin);

}  // namespace qnzs::adapters::wechat
