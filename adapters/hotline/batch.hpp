#pragma once

#include "adapters/hotline/record.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace qnzs::adapters::hotline {

struct Line {
  std::size_t number = 0;  // from 1, empty lines counted
  std::string_view bytes;
};
// The lines of NDJSON that hold something; a CR before the line's end does not count.
std::vector<Line> lines_of(std::string_view text);

// Records that came together, and what became of each, in order.
class Batch {
 public:
  // What `origin` refers to must outlive the batch.
  explicit Batch(const Origin& origin) : origin_(origin) {}
  // Two records of one number and revision must say the same; then they are one message.
  void add(const Line& line);

  struct Entry {
    std::size_t line = 0;
    ReadRecord read;
    bool is_repeat = false;  // of one before it, which has the message
  };
  const std::vector<Entry>& entries() const { return entries_; }
  std::size_t accepted() const { return accepted_; }

  // The answer's document: a result for each record.
  std::string answer() const;
  // The messages, each once. Leaves the batch without them.
  std::vector<schema::Message> take_messages();

 private:
  void compare_with_earlier(Entry& entry) const;

  const Origin origin_;
  std::vector<Entry> entries_;
  std::size_t accepted_ = 0;
};

// The messages in a dead letter's bytes: one record, or lines of them; those that are still refused
// are left out. How they were proved is not kept with the bytes, so their verification is none.
// Faults: malformed (all are refused).
schema::Result<std::vector<schema::Message>> read_again(std::string_view payload,
                                                        const schema::Timestamp& received_at,
                                                        const Settings& settings,
                                                        const Installation& installation);

}  // namespace qnzs::adapters::hotline
