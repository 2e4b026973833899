#pragma once

#include "adapters/adapter.hpp"
#include "adapters/hotline/check.hpp"
#include "adapters/hotline/settings.hpp"
#include "schema/message.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace qnzs::adapters::hotline {

// How a record came to us.
struct Origin {
  const Settings& settings;
  const Installation& installation;
  schema::Timestamp received_at;
  schema::Verification verification;
};

// What became of one record: a message, or what is wrong with it.
struct ReadRecord {
  std::optional<schema::Message> message;  // valid, and its document is not too large
  std::vector<Problem> problems;           // not empty without a message
  std::string record_no;                   // as far as it could be read
  std::int64_t revision = 0;
};

// The bytes of one record → its message.
ReadRecord read_record(std::string_view bytes, const Origin& origin);

// A checked record → its message; never fails (normalise.cpp). `bytes` are the record as it came.
schema::Message normalise(const schema::json::Value& record, std::string_view bytes,
                          const Origin& origin);

}  // namespace qnzs::adapters::hotline
