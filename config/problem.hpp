#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace qnzs::config {

// One thing that is wrong with a configuration; all are reported at once.
struct Problem {
  std::string file;
  std::uint32_t line = 0, column = 0;  // from 1; 0 = the whole file
  std::string key;                     // "channels.wechat[0].token"
  std::string what;                    // Chinese: what is wrong and what to do
  std::string str() const;             // "file:line:column: key: what"
};
using Problems = std::vector<Problem>;

}  // namespace qnzs::config
