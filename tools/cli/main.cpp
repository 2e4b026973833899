#include "tools/cli/command.hpp"

#include <iostream>

int main(int argc, char** argv) {
  return qnzs::cli::run({argv + 1, argv + argc}, std::cout, std::cerr);
}
