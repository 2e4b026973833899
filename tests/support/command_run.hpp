#pragma once

#include "tools/cli/command.hpp"

#include <sstream>
#include <string>
#include <vector>

namespace qnzs::tests {

// One command line of `qnzs`, and what it said.
struct Run {
  std::ostringstream out, err;
  int code;
  explicit Run(const std::vector<std::string>& arguments) : code(cli::run(arguments, out, err)) {}
};

}  // namespace qnzs::tests
