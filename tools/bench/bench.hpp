#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace CLI {
class App;
}

// qnzs-bench: what tools/bench/run puts together. Each command is one file and prints one JSON
// object of numbers in a line.
namespace qnzs::bench {

void add_load(CLI::App& root);     // safe-mode callbacks on a running server
void add_produce(CLI::App& root);  // a plain produce loop: what Kafka's client alone costs
void add_append(CLI::App& root);   // the journal alone, on an empty file and on a large one

// User and system time of this process so far.
double cpu_seconds();

// The most memory that this process has had.
double rss_mib_max();

// Of sorted numbers; 0 when there are none.
double quantile(const std::vector<double>& sorted, double part);

void print(const std::vector<std::pair<std::string, double>>& numbers);

}  // namespace qnzs::bench
