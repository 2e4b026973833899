#pragma once

#include "tests/support/gateway_process.hpp"
#include "tests/support/oracle.hpp"

#include <cstddef>

namespace qnzs::tests {

// What every fault test ends with: of what was answered nothing is missing on Kafka, nothing is
// there twice, nothing out of order; and there was load: so many answers at least.
void judge(Oracle& oracle, const GatewayProcess& gateway, std::size_t answered_min);

// A gateway asked to stop does so in good order.
void stop(GatewayProcess& gateway);

}  // namespace qnzs::tests
