#pragma once

#include "schema/error.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

// Digests, HMAC, AES, base64 and constant-time comparison: pure functions over bytes, safe from any
// thread (contexts are thread-local). A text is bytes: std::string and std::string_view hold
// either.
namespace qnzs::schema::crypto {

using Sha1 = std::array<std::uint8_t, 20>;
using Sha256 = std::array<std::uint8_t, 32>;

Sha1 sha1(std::initializer_list<std::string_view> pieces);      // over the pieces, concatenated
Sha256 sha256(std::initializer_list<std::string_view> pieces);  // likewise

// SHA-256 of what comes in pieces over time. One thread.
class RunningSha256 {
 public:
  RunningSha256();
  ~RunningSha256();
  RunningSha256(RunningSha256&&) noexcept;
  RunningSha256& operator=(RunningSha256&&) noexcept;
  void add(std::string_view piece);
  Sha256 so_far() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// HMAC-SHA256 with the key prepared once. Copies share nothing; const calls are safe from any
// thread.
class HmacKey {
 public:
  explicit HmacKey(std::string_view key);
  ~HmacKey();
  HmacKey(HmacKey&&) noexcept;
  HmacKey& operator=(HmacKey&&) noexcept;
  Sha256 mac(std::initializer_list<std::string_view> pieces) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

std::string hex(std::span<const std::uint8_t> bytes);  // lower case
std::optional<std::string> unhex(std::string_view text);

std::string base64(std::string_view bytes);  // RFC 4648 §4, padded
enum class Base64Trailing : std::uint8_t { strict, ignore_bits };
// Standard alphabet, padding required, ASCII white space skipped. `ignore_bits` accepts a last
// character whose unused bits are not zero (non-canonical keys of WeChat, protocols/wechat.md
// §2.4).
std::optional<std::string> unbase64(std::string_view text,
                                    Base64Trailing trailing = Base64Trailing::strict);

// True when equal; the time depends on the lengths only.
bool equal_constant_time(std::string_view left, std::string_view right);

// AES-256-CBC without any padding of the library's: `key` 32 bytes, `iv` 16, length a multiple
// of 16.
Result<std::string> aes256_cbc_decrypt(std::string_view key, std::string_view iv,
                                       std::string_view cipher);
Result<std::string> aes256_cbc_encrypt(std::string_view key, std::string_view iv,
                                       std::string_view plain);

// AES-256-GCM: 12-byte nonce, 16-byte tag. `seal` returns nonce | cipher | tag with a fresh random
// nonce.
inline constexpr std::size_t gcm_overhead_bytes = 12 + 16;
std::string aes256_gcm_seal(std::string_view key, std::string_view plain,
                            std::string_view associated);
Result<std::string> aes256_gcm_open(std::string_view key, std::string_view sealed,
                                    std::string_view associated);

// From the operating system's generator by way of OpenSSL; small amounts from a pool of the thread,
// since a call costs as much for twelve bytes as for thousands. Throws std::runtime_error when
// there is no generator.
void random_bytes(std::span<std::uint8_t> out);

}  // namespace qnzs::schema::crypto
