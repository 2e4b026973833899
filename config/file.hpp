#pragma once

#include <string>

namespace qnzs::config {

// Why this process cannot read that file, in Chinese and with what to do; empty when it can.
std::string why_unreadable(const std::string& path);

}  // namespace qnzs::config
