#pragma once

#include "tests/support/gateway_process.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

// What a bad disk does to a journal, and the command that saves the rest. For a gateway that does
// not run. Each throws std::runtime_error when it cannot be done.
namespace qnzs::tests {

void flip_bit(const std::string& path, std::uint64_t at);

// That share of the file's end, in whole pages.
void cut_off(const std::string& path, std::uint64_t percent);

// The body of the entry that many before the last one, of those that the journal has still to
// publish; false: so many do not wait.
bool damage_body(const std::string& journal, std::size_t before_the_last);

// Runs `qnzs journal salvage`: how many messages it names as lost or damaged.
std::size_t salvage(const GatewayProcess& gateway);

}  // namespace qnzs::tests
