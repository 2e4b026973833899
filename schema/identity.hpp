#pragma once

#include "schema/crypto.hpp"
#include "schema/ids.hpp"

#include <cstdint>
#include <string_view>

namespace qnzs::schema {

// Makes our ids: HMAC-SHA256 under the installation key, cut to 128 bits. Each kind has its own
// domain word and every piece is length-prefixed, so that no two inputs run together. Const calls
// are safe from any thread. The installation key must never change: ids and keys would
// (schema/README.md).
class Identity {
 public:
  explicit Identity(
      std::string_view installation_key);  // at least 32 bytes; std::invalid_argument else

  MessageId message_id(std::string_view channel, std::string_view account,
                       std::string_view dedupe_key, std::uint32_t revision) const;
  ConversationKey conversation_key(std::string_view channel, std::string_view account,
                                   std::string_view conversation) const;
  AuthorKey author_key(std::string_view channel, std::string_view account,
                       std::string_view author_id) const;

 private:
  crypto::HmacKey key_;
};

}  // namespace qnzs::schema
