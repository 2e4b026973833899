#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

// WeChat's signatures and its AES envelope (push encryption guide; protocols: WeChat §2.3–2.5).
// Pure functions over bytes.
namespace qnzs::adapters::wechat {

// Lower-case hex of SHA-1 over the pieces sorted by byte value and run together. `signature` is
// over token, timestamp and nonce; `msg_signature` has the base64 of the envelope as a fourth.
std::string sign(std::initializer_list<std::string_view> pieces);

// The 32 bytes of an EncodingAESKey: 43 characters whose last two bits may be anything. White space
// is ignored. Nothing when it is no such key.
std::optional<std::string> decode_key(std::string_view encoding_aes_key);

// The base64 of the last <Encrypt> in a body that is no XML as a whole: in mode compat a plain
// sibling may be odd, which says nothing of the encrypted copy. "" when there is none. A view into
// `body`; what it is worth only `msg_signature` tells.
std::string_view find_encrypted(std::string_view body);

// What is inside an <Encrypt>: the message, when its padding, length and appid are as they must be;
// else nothing, without saying which, so that no caller can become an oracle. `key` as from
// `decode_key`.
std::optional<std::string> open(std::string_view encrypted_base64, std::string_view key,
                                std::string_view appid);

// The reverse, for encrypted answers and for simulators: base64. `random` stands first in the
// plain text and must be fresh for each call.
std::string seal(std::string_view message, std::string_view key, std::string_view appid,
                 std::span<const std::uint8_t, 16> random);

}  // namespace qnzs::adapters::wechat
