#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace qnzs::config {

// The value of an environment variable, or nothing.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;
Environment process_environment();

}  // namespace qnzs::config
