#include "schema/identity.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace qnzs::schema {
namespace {

constexpr std::size_t key_bytes_min = 32;

// Big-endian length before each piece: no two lists of pieces are the same bytes.
struct Length {
  explicit Length(std::size_t value)
      : bytes{static_cast<char>(value >> 24), static_cast<char>(value >> 16),
              static_cast<char>(value >> 8), static_cast<char>(value)} {}
  std::string_view view() const { return {bytes.data(), bytes.size()}; }
  std::array<char, 4> bytes;
};

template <class Id>
Id make(const crypto::HmacKey& key, std::string_view domain, std::string_view channel,
        std::string_view account, std::string_view name, std::string_view suffix = {}) {
  const Length d(domain.size()), c(channel.size()), a(account.size()), n(name.size());
  const auto mac =
      key.mac({d.view(), domain, c.view(), channel, a.view(), account, n.view(), name, suffix});
  typename Id::Bytes bytes{};
  std::copy_n(mac.begin(), bytes.size(), bytes.begin());
  return Id(bytes);
}

std::string_view checked(std::string_view key) {
  if (key.size() < key_bytes_min)
    throw std::invalid_argument("the installation key is under 32 bytes");
  return key;
}

}  // namespace

Identity::Identity(std::string_view installation_key) : key_(checked(installation_key)) {}

MessageId Identity::message_id(std::string_view channel, std::string_view account,
                               std::string_view dedupe_key, std::uint32_t revision) const {
  const Length number(revision);
  return make<MessageId>(key_, "message", channel, account, dedupe_key, number.view());
}

ConversationKey Identity::conversation_key(std::string_view channel, std::string_view account,
                                           std::string_view conversation) const {
  return make<ConversationKey>(key_, "conversation", channel, account, conversation);
}

AuthorKey Identity::author_key(std::string_view channel, std::string_view account,
                               std::string_view author_id) const {
  return make<AuthorKey>(key_, "author", channel, account, author_id);
}

}  // namespace qnzs::schema
