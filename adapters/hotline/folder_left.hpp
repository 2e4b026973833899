#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace qnzs::adapters::hotline {

// A file's name for people; one that would steer a terminal, or turn its text, is not shown.
std::string shown_name(std::string_view name);

// What one look leaves in the folder and a person should see to: a call that stands in a file
// which nobody finishes, or under a name that nobody reads, is a call that is lost.
class Left {
 public:
  // A file that nobody has written for long, and the line that is no whole record.
  void add_unfinished(std::string_view name, std::uint64_t line);
  // Files that are not read, and the first of them.
  void add_unread(std::size_t count, std::string_view name);

  std::size_t unread() const { return unread_; }
  // Chinese, for operators: the first of each kind, how many, what to do. Empty: there is none.
  std::string note(const std::string& folder) const;

 private:
  std::string first_unfinished_, first_unread_;
  std::uint64_t line_ = 0;
  std::size_t unfinished_ = 0, unread_ = 0;
};

}  // namespace qnzs::adapters::hotline
