#pragma once

#include "config/gateway.hpp"

#include <string>
#include <vector>

namespace qnzs::config {

// The settings that differ between what runs and what the file says now, and that only a restart
// changes: "kafka.topic_prefix", "seal_keys". In the order of the file. Accounts are never among
// them.
std::vector<std::string> changed_until_restart(const GatewaySettings& running,
                                               const GatewaySettings& fresh);

}  // namespace qnzs::config
