#pragma once

#include "schema/error.hpp"
#include "schema/message.hpp"

#include <string>
#include <string_view>

namespace qnzs::schema {

// Message → its one JSON document (compact UTF-8, members in the order of ARCHITECTURE.md §4; empty
// optional members are left out, `text` never is). The message must be valid (`validate`).
std::string encode(const Message& message);
// The JSON document as a reader gets it → Message. Open: unknown members are ignored, unknown parts
// become UnknownPart, unknown enum words become `unknown`. Faults: malformed, too_large,
// unsupported (not v1).
Result<Message> decode(std::string_view document);

// Dead letter ⇄ JSON; `payload` travels as base64 with `truncated`.
std::string encode(const DeadLetter& letter);
Result<DeadLetter> decode_dead_letter(std::string_view document);

}  // namespace qnzs::schema
