#include "adapters/hotline/signature.hpp"

#include "schema/crypto.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace qnzs::adapters::hotline {
namespace {

using schema::Fault;

constexpr std::size_t nonce_bytes_min = 16;
constexpr std::size_t nonce_bytes_max = 64;
constexpr std::size_t timestamp_digits_max = 12;

bool is_nonce(std::string_view text) {
  return text.size() >= nonce_bytes_min && text.size() <= nonce_bytes_max &&
         std::ranges::all_of(text, [](char letter) {
           return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') ||
                  (letter >= 'A' && letter <= 'Z') || letter == '-' || letter == '_';
         });
}

std::optional<schema::Instant> instant_in(std::string_view text) {
  std::int64_t seconds = 0;
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, seconds);
  if (text.empty() || text.size() > timestamp_digits_max || error != std::errc{} || stop != end ||
      seconds < 0)
    return std::nullopt;
  return schema::Instant(std::chrono::seconds(seconds));
}

// Null when no key has that name. An empty name is no key's.
const config::Secret* secret_named(const Settings& settings, std::string_view key_id) {
  if (key_id.empty()) return nullptr;
  if (key_id == settings.key_id && !settings.secret.empty()) return &settings.secret;
  if (key_id == settings.previous_key_id && !settings.previous_secret.empty())
    return &settings.previous_secret;
  return nullptr;
}

}  // namespace

std::string sign(const SignedPieces& pieces, std::string_view secret) {
  const schema::crypto::HmacKey key(secret);
  return schema::crypto::hex(key.mac({"qnzs-1\n", pieces.method, "\n", pieces.path, "\n",
                                      pieces.timestamp, "\n", pieces.nonce, "\n", pieces.body}));
}

schema::Result<Verified> verify(const HttpRequest& request, const Settings& settings) {
  if (!request.query.empty()) return schema::fail(Fault::malformed, "the address takes no query");
  const auto timestamp = header(request, timestamp_header).value_or("");
  const auto instant = instant_in(timestamp);
  if (!instant)
    return schema::fail(Fault::malformed, "X-Qnzs-Timestamp: seconds since 1970 are needed");
  const auto nonce = header(request, nonce_header).value_or("");
  if (!is_nonce(nonce))
    return schema::fail(Fault::malformed,
                        "X-Qnzs-Nonce: 16 to 64 letters, digits, - or _ are needed");
  const auto key_id = header(request, key_id_header).value_or("");
  const auto* secret = secret_named(settings, key_id);
  if (secret == nullptr) return schema::fail(Fault::unauthentic, "X-Qnzs-Key-Id: unknown key");
  const auto right = sign({.method = request.method,
                           .path = request.path,
                           .timestamp = timestamp,
                           .nonce = nonce,
                           .body = request.body},
                          secret->reveal());
  const auto given = header(request, signature_header).value_or("");
  if (!schema::crypto::equal_constant_time(right, given))
    return schema::fail(Fault::unauthentic, "wrong signature");
  const std::chrono::seconds window(settings.time_window_seconds);
  if (*instant < request.received_at.at - window || *instant > request.received_at.at + window)
    return schema::fail(Fault::unauthentic, "X-Qnzs-Timestamp is too far from our clock: " +
                                                schema::to_rfc3339(request.received_at));
  return Verified{std::string(key_id), std::string(nonce), {.at = *instant + window}};
}

}  // namespace qnzs::adapters::hotline
