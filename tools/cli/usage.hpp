#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace qnzs::cli {

// The library's own words in the help of the whole tree become Chinese. After all commands are
// added.
void speak_chinese(CLI::App& root);

// What is wrong with a command line, in Chinese, and which --help to read: two lines.
std::string explain_usage(const CLI::App& root, const std::vector<std::string>& arguments,
                          const CLI::ParseError& error);

// The words an option's value must be one of; empty when it is free.
std::vector<std::string> choices_of(const CLI::Option& option);

}  // namespace qnzs::cli
