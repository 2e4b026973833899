#pragma once

#include "tests/support/gateway_process.hpp"
#include "tests/support/oracle.hpp"

#include <cstddef>

namespace qnzs::tests {

// What every test with an oracle ends with: of what was answered nothing is missing on Kafka,
// nothing is there twice, nothing out of order; and there was load: so many answers at least. Shows
// the gateway's log when it is not so.
Verdict judge(Oracle& oracle, const GatewayProcess& gateway, std::size_t answered_min = 1);

// A gateway asked to stop does so in good order.
void stop(GatewayProcess& gateway);

}  // namespace qnzs::tests
