#pragma once

#include <string_view>

// Checks of network addresses as people write them into a configuration. Nothing is looked up.
namespace qnzs::config {

// "127.0.0.1", "::1"; no name, port or brackets.
bool is_ip_address(std::string_view text);

// "kafka-1:9092,kafka-2:9092,[::1]:9092": one or more host:port, the port from 1 to 65535.
bool is_broker_list(std::string_view text);

}  // namespace qnzs::config
