#pragma once

#include "config/gateway.hpp"
#include "tools/cli/command.hpp"

namespace qnzs::cli {

// `qnzs journal salvage`: puts a whole journal in the place of a damaged one and says what was
// saved and what was not.
void salvage_journal(const config::GatewaySettings& settings, Context& context);

}  // namespace qnzs::cli
