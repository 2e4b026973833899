#pragma once

#include "adapters/http.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace qnzs::http {

// "Not Found" for 404; "Status" for a number we do not use.
std::string_view reason_phrase(std::uint16_t status);

// A short text answer for what goes wrong before or instead of a handler.
adapters::HttpReply plain_answer(std::uint16_t status, std::string_view text);

// The bytes of one HTTP/1.1 response: explicit Content-Length, never chunked, never compressed (a
// platform rejects both: protocols/wechat.md §1). A header value with CR, LF or NUL is a bug:
// std::logic_error. `date` is an IMF-fixdate; `omit_body` for the answer to HEAD.
void render(const adapters::HttpReply& reply, std::string_view date, bool keeps_alive,
            bool omit_body, std::string& out);

// "Tue, 24 Nov 2026 04:21:00 GMT" (RFC 9110 §5.6.7), locale-free.
std::string imf_fixdate(std::int64_t unix_seconds);

}  // namespace qnzs::http
