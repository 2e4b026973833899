#pragma once

#include "adapters/adapter.hpp"

#include <memory>

namespace qnzs::adapters::wechat {

// The channel's line in the registry: answers within 4 s (the platform waits 5), refuses by closing
// (only a time-out makes the platform push again), remembers ids for a day.
Channel channel();

}  // namespace qnzs::adapters::wechat
