#pragma once

#include "schema/message.hpp"

#include <string>
#include <vector>

namespace qnzs::schema {

struct Problem {
  std::string pointer;  // JSON pointer (RFC 6901) into the document, "" = the whole
  std::string what;     // English, no message text
};

// All that is wrong with what we are about to write (limits, invariants, UTF-8, unknown enum
// words); empty = valid. What is valid encodes to a document that message.schema.json accepts.
std::vector<Problem> validate(const Message& message);

}  // namespace qnzs::schema
