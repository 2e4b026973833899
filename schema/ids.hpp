#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace qnzs::schema {

// An opaque text id. Two kinds never mix; nobody parses one that he did not make.
template <class Tag>
class TextId {
 public:
  TextId() = default;
  explicit TextId(std::string text) : text_(std::move(text)) {}
  const std::string& str() const { return text_; }
  bool empty() const { return text_.empty(); }
  auto operator<=>(const TextId&) const = default;

 private:
  std::string text_;
};

// A 128-bit id of ours: a truncated HMAC-SHA256 under the installation key, 32 lower-case hex
// digits.
template <class Tag>
class DigestId {
 public:
  using Bytes = std::array<std::uint8_t, 16>;
  DigestId() = default;
  explicit DigestId(const Bytes& bytes) : bytes_(bytes) {}
  const Bytes& bytes() const { return bytes_; }
  bool is_zero() const { return bytes_ == Bytes{}; }
  std::string hex() const;                                     // 32 lower-case hex digits
  static std::optional<DigestId> parse(std::string_view hex);  // exactly 32 lower-case hex digits
  auto operator<=>(const DigestId&) const = default;

 private:
  Bytes bytes_{};
};

// Made by the configuration; unique in an installation. e.g. "henan".
using SiteCode = TextId<struct SiteCodeTag>;
// Made by the registry; the channel's folder name. e.g. "wechat".
using ChannelName = TextId<struct ChannelNameTag>;
// Made by the configuration; unique within its channel. e.g. "henan" in /wechat/henan.
using AccountName = TextId<struct AccountNameTag>;
// Made by the platform; unique within channel + account as far as the platform keeps its word.
using SourceId = TextId<struct SourceIdTag>;
// Made by the adapter; equal for a platform's repeats and only for them, within channel + account.
using DedupeKey = TextId<struct DedupeKeyTag>;
// Made by the platform; scope channel + account. What an answer must be addressed to.
using AuthorId = TextId<struct AuthorIdTag>;

// HMAC of channel, account, dedupe key and revision: a repeat has the same id.
using MessageId = DigestId<struct MessageIdTag>;
// HMAC of channel, account and what the adapter calls one conversation: the Kafka key.
using ConversationKey = DigestId<struct ConversationKeyTag>;
// HMAC of channel, account and author id: for joining without knowing the person.
using AuthorKey = DigestId<struct AuthorKeyTag>;

extern template class DigestId<struct MessageIdTag>;
extern template class DigestId<struct ConversationKeyTag>;
extern template class DigestId<struct AuthorKeyTag>;

}  // namespace qnzs::schema
