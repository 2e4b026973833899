#pragma once

#include "adapters/adapter.hpp"
#include "adapters/hotline/settings.hpp"
#include "adapters/poll.hpp"

#include <memory>
#include <string_view>

namespace qnzs::adapters::hotline {

// One look at a desk's folder, from what the last one stored. Both must outlive it.
std::unique_ptr<PollPass> begin_folder_pass(const Settings& settings,
                                            const Installation& installation,
                                            std::string_view cursor);

}  // namespace qnzs::adapters::hotline
