#pragma once

#include "adapters/hotline/settings.hpp"
#include "adapters/http.hpp"
#include "schema/error.hpp"

#include <string>
#include <string_view>

// How a desk signs its requests (README.md). Pure functions.
namespace qnzs::adapters::hotline {

inline constexpr std::string_view key_id_header = "X-Qnzs-Key-Id";
inline constexpr std::string_view timestamp_header = "X-Qnzs-Timestamp";
inline constexpr std::string_view nonce_header = "X-Qnzs-Nonce";
inline constexpr std::string_view signature_header = "X-Qnzs-Signature";

// What is signed. Neither method, path, timestamp nor nonce may hold a line break, so that the
// lines cannot run together; the body is the rest.
struct SignedPieces {
  std::string_view method, path, timestamp, nonce, body;
};

// Lower-case hex of HMAC-SHA256 under `secret` over "qnzs-1\n" method "\n" path "\n" timestamp "\n"
// nonce "\n" body.
std::string sign(const SignedPieces& pieces, std::string_view secret);

// What is known of a request whose signature is right.
struct Verified {
  std::string key_id;
  std::string nonce;
  schema::Timestamp valid_until;  // from then on its timestamp is too old
};
// Faults: malformed (a header missing or not of its form, a query), unauthentic (unknown key, wrong
// signature, time outside the window).
schema::Result<Verified> verify(const HttpRequest& request, const Settings& settings);

}  // namespace qnzs::adapters::hotline
