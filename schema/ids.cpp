#include "schema/ids.hpp"

#include "schema/crypto.hpp"

namespace qnzs::schema {

template <class Tag>
std::string DigestId<Tag>::hex() const {
  return crypto::hex(bytes_);
}

template <class Tag>
std::optional<DigestId<Tag>> DigestId<Tag>::parse(std::string_view hex) {
  if (hex.size() != 2 * Bytes{}.size()) return std::nullopt;
  if (hex.find_first_of("ABCDEF") != std::string_view::npos) return std::nullopt;
  const auto decoded = crypto::unhex(hex);
  if (!decoded) return std::nullopt;
  Bytes bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i)
    bytes[i] = static_cast<std::uint8_t>((*decoded)[i]);
  return DigestId(bytes);
}

template class DigestId<struct MessageIdTag>;
template class DigestId<struct ConversationKeyTag>;
template class DigestId<struct AuthorKeyTag>;

}  // namespace qnzs::schema
