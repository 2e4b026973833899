#include "schema/crypto.hpp"

#include <algorithm>
#include <array>

// hex and base64: the two encodings that need no library.
namespace qnzs::schema::crypto {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::string_view base64_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::uint8_t none = 0xff;
constexpr std::uint8_t space = 0xfe;

constexpr std::array<std::uint8_t, 256> base64_values = [] {
  std::array<std::uint8_t, 256> table{};
  table.fill(none);
  for (std::size_t i = 0; i < base64_digits.size(); ++i) {
    table[static_cast<std::uint8_t>(base64_digits[i])] = static_cast<std::uint8_t>(i);
  }
  for (const char c : std::string_view(" \t\r\n\v\f")) table[static_cast<std::uint8_t>(c)] = space;
  return table;
}();

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string hex(std::span<const std::uint8_t> bytes) {
  std::string out(bytes.size() * 2, '\0');
  auto* to = out.data();
  for (const auto byte : bytes) {
    *to++ = hex_digits.data()[byte >> 4];
    *to++ = hex_digits.data()[byte & 15];
  }
  return out;
}

std::optional<std::string> unhex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  std::string out(text.size() / 2, '\0');
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int high = hex_value(text[2 * i]);
    const int low = hex_value(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out[i] = static_cast<char>(high << 4 | low);
  }
  return out;
}

std::string base64(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto left = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8 | (k < left ? static_cast<std::uint8_t>(bytes[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out.push_back(k <= left ? base64_digits[group >> (18 - 6 * k) & 63] : '=');
    }
  }
  return out;
}

namespace {

// Whole groups of four digits, as long as there is nothing else between them; what is left of
// `text`. Decoding is most of opening a callback, and almost all of it is such groups.
std::string_view take_groups(std::string_view text, std::string& out) {
  out.resize(text.size() / 4 * 3);
  auto* to = out.data();
  const auto* from = text.data();
  const auto* const end = from + text.size() / 4 * 4;
  const auto value = [](char c) {
    return std::uint32_t{base64_values[static_cast<std::uint8_t>(c)]};
  };
  for (; from != end; from += 4) {
    const auto a = value(from[0]);
    const auto b = value(from[1]);
    const auto c = value(from[2]);
    const auto d = value(from[3]);
    if (((a | b | c | d) & 0xc0) != 0) break;  // no digit: padding, space or wrong
    const auto group = a << 18 | b << 12 | c << 6 | d;
    *to++ = static_cast<char>(group >> 16);
    *to++ = static_cast<char>(group >> 8);
    *to++ = static_cast<char>(group);
  }
  out.resize(static_cast<std::size_t>(to - out.data()));
  return text.substr(static_cast<std::size_t>(from - text.data()));
}

}  // namespace

std::optional<std::string> unbase64(std::string_view text, Base64Trailing trailing) {
  std::string out;
  text = take_groups(text, out);
  std::uint32_t group = 0;
  int digits = 0;   // in this group
  int padding = 0;  // '=' seen
  for (const char c : text) {
    const auto value = base64_values[static_cast<std::uint8_t>(c)];
    if (value == space) continue;
    if (c == '=') {
      if (++padding > 2) return std::nullopt;
      continue;
    }
    if (value == none || padding > 0) return std::nullopt;
    group = group << 6 | value;
    if (++digits == 4) {
      out.push_back(static_cast<char>(group >> 16));
      out.push_back(static_cast<char>(group >> 8));
      out.push_back(static_cast<char>(group));
      group = 0;
      digits = 0;
    }
  }
  if (digits == 0) return padding == 0 ? std::optional(out) : std::nullopt;
  if (digits == 1 || digits + padding != 4) return std::nullopt;
  const std::uint32_t unused = digits == 2 ? group & 15 : group & 3;
  if (unused != 0 && trailing == Base64Trailing::strict) return std::nullopt;
  group <<= 6 * (4 - digits);
  out.push_back(static_cast<char>(group >> 16));
  if (digits == 3) out.push_back(static_cast<char>(group >> 8));
  return out;
}

}  // namespace qnzs::schema::crypto
