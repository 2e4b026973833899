#include "config/problem.hpp"

namespace qnzs::config {

std::string Problem::str() const {
  auto text = file;
  if (line > 0) text += ":" + std::to_string(line) + ":" + std::to_string(column);
  if (!key.empty()) text += ": " + key;
  return text + ": " + what;
}

}  // namespace qnzs::config
