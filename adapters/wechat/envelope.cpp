#include "adapters/wechat/envelope.hpp"

#include "schema/crypto.hpp"

#include <algorithm>
#include <stdexcept>
#include <vector>

namespace qnzs::adapters::wechat {
namespace {

namespace crypto = schema::crypto;

constexpr std::size_t block_bytes = 32;  // PKCS#7 over 32 bytes, not over AES's 16
constexpr std::size_t random_bytes = 16;
constexpr std::size_t head_bytes = random_bytes + 4;

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char byte : bytes) number = number << 8 | static_cast<std::uint8_t>(byte);
  return number;
}

std::string big_endian(std::uint32_t number) {
  return {static_cast<char>(number >> 24), static_cast<char>(number >> 16),
          static_cast<char>(number >> 8), static_cast<char>(number)};
}

// Length of the padding, or 0 when it is wrong.
std::size_t padding_of(std::string_view plain) {
  const auto size = static_cast<std::uint8_t>(plain.back());
  if (size == 0 || size > block_bytes) return 0;
  const auto padding = plain.substr(plain.size() - size);
  const bool is_even =
      std::ranges::all_of(padding, [&](char byte) { return byte == plain.back(); });
  return is_even ? size : 0;
}

}  // namespace

std::string sign(std::initializer_list<std::string_view> pieces) {
  std::vector<std::string_view> sorted(pieces);
  std::ranges::sort(sorted);
  std::string all;
  for (const auto piece : sorted) all += piece;
  return crypto::hex(crypto::sha1({all}));
}

std::optional<std::string> decode_key(std::string_view encoding_aes_key) {
  std::string text;
  for (const char letter : encoding_aes_key) {
    if (letter != ' ' && letter != '\t' && letter != '\r' && letter != '\n') text.push_back(letter);
  }
  if (text.size() != 43) return std::nullopt;
  return crypto::unbase64(text + "=", crypto::Base64Trailing::ignore_bits);
}

std::string_view find_encrypted(std::string_view body) {
  constexpr std::string_view open_tag = "<Encrypt>", close_tag = "</Encrypt>";
  constexpr std::string_view open_cdata = "<![CDATA[", close_cdata = "]]>";
  const auto start = body.rfind(open_tag);
  if (start == std::string_view::npos) return {};
  auto text = body.substr(start + open_tag.size());
  const auto end = text.find(close_tag);
  if (end == std::string_view::npos) return {};
  text = text.substr(0, end);
  if (text.starts_with(open_cdata) && text.ends_with(close_cdata))
    text = text.substr(open_cdata.size(), text.size() - open_cdata.size() - close_cdata.size());
  return text;
}

std::optional<std::string> open(std::string_view encrypted_base64, std::string_view key,
                                std::string_view appid) {
  const auto cipher = crypto::unbase64(encrypted_base64);
  if (!cipher || cipher->empty() || cipher->size() % block_bytes != 0) return std::nullopt;
  auto plain = crypto::aes256_cbc_decrypt(key, key.substr(0, 16), *cipher);
  if (!plain) return std::nullopt;
  const auto padding = padding_of(*plain);
  if (padding == 0 || plain->size() < head_bytes + padding) return std::nullopt;
  const auto whole = std::string_view(*plain).substr(0, plain->size() - padding);
  const auto length = big_endian(whole.substr(random_bytes, 4));
  if (length > whole.size() - head_bytes) return std::nullopt;
  if (whole.substr(head_bytes + length) != appid) return std::nullopt;
  plain->resize(head_bytes + length);
  plain->erase(0, head_bytes);
  return *std::move(plain);
}

std::string seal(std::string_view message, std::string_view key, std::string_view appid,
                 std::span<const std::uint8_t, 16> random) {
  std::string plain(random.begin(), random.end());
  plain += big_endian(static_cast<std::uint32_t>(message.size()));
  plain.append(message).append(appid);
  const auto padding = block_bytes - plain.size() % block_bytes;
  plain.append(padding, static_cast<char>(padding));
  const auto cipher = crypto::aes256_cbc_encrypt(key, key.substr(0, 16), plain);
  if (!cipher) throw std::invalid_argument("an AES key that is not 32 bytes");
  return crypto::base64(*cipher);
}

}  // namespace qnzs::adapters::wechat
