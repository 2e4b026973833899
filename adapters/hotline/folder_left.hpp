#pragma once

#include "adapters/poll.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace qnzs::adapters::hotline {

// A file's name for people; what is no UTF-8 is not shown.
std::string shown_name(std::string_view name);

// What one look leaves in the folder and a person should see to: a call that stands in a file
// which nobody finishes, or under a name that nobody reads, is a call that is lost.
class Left {
 public:
  // A file that nobody has written for long, and the line that is not whole.
  void add_unfinished(std::string_view name, std::uint64_t line);
  // A file that is not read. One that was changed in the last ten minutes is a copy on its way.
  void add_other(const FoundFile& file, schema::Instant now);

  std::size_t passed_over() const { return passed_over_; }
  // Chinese, for operators: the first of each kind, and what to do. Empty when there is none.
  std::string note(const std::string& folder) const;

 private:
  std::string unfinished_, other_;
  std::uint64_t line_ = 0;
  std::size_t passed_over_ = 0;
};

}  // namespace qnzs::adapters::hotline
