#pragma once

#include <cstddef>

// The limits of message v1, the same as in message.schema.json. Bytes of UTF-8 unless said
// otherwise: the JSON Schema counts characters, so its limits are not tighter than these.
namespace qnzs::schema::limits {

inline constexpr std::size_t word_bytes = 128;   // names of ours: channel, account, ways, flags
inline constexpr std::size_t name_bytes = 1024;  // names of people, sites, files
inline constexpr std::size_t id_bytes = 2048;    // ids and addresses of platforms
inline constexpr std::size_t url_bytes = 8 * 1024;
inline constexpr std::size_t text_bytes = 256 * 1024;  // message text, html, transcripts
inline constexpr std::size_t recipients = 200;
inline constexpr std::size_t parts = 200;
inline constexpr std::size_t attachments = 200;
inline constexpr std::size_t fields = 500;       // of a form
inline constexpr std::size_t segments = 20'000;  // of a call
inline constexpr std::size_t topics = 100;
inline constexpr std::size_t words = 50;  // ways and flags
inline constexpr std::size_t pii = 1000;

}  // namespace qnzs::schema::limits
