#pragma once

#include <string>
#include <utility>

namespace qnzs::config {

// A value that must not be seen: prints as stars everywhere, is read from ${ENV} or file:PATH, and
// gives its bytes only to who asks with `reveal`.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  const std::string& reveal() const { return value_; }
  friend bool operator==(const Secret&, const Secret&) = default;
  bool empty() const { return value_.empty(); }
  static constexpr const char* stars = "********";

 private:
  std::string value_;
};

}  // namespace qnzs::config
