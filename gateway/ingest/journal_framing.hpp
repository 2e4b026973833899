#pragma once

#include "gateway/kafka/record.hpp"
#include "schema/error.hpp"

#include <string>
#include <string_view>

// A record as the bytes of a journal body, before sealing: a version byte, the topic's number, then
// each text with its length (32 bits, little-endian). Pure.
namespace qnzs::ingest {

std::string frame(const kafka::Record& record);
// Faults: malformed (cut, trailing bytes, unknown version or topic).
schema::Result<kafka::Record> unframe(std::string_view bytes);

}  // namespace qnzs::ingest
