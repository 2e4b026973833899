#include "schema/json.hpp"
#include "tools/bench/bench.hpp"

#include <CLI/CLI.hpp>

#include <cstdio>
#include <exception>
#include <sys/resource.h>

namespace qnzs::bench {

double cpu_seconds() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

double rss_mib_max() {
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  return static_cast<double>(used.ru_maxrss) / 1024;
}

double quantile(const std::vector<double>& sorted, double part) {
  if (sorted.empty()) return 0;
  return sorted[static_cast<std::size_t>(static_cast<double>(sorted.size() - 1) * part)];
}

void print(const std::vector<std::pair<std::string, double>>& numbers) {
  schema::json::Object object;
  for (const auto& [name, value] : numbers) object.emplace_back(name, value);
  std::puts(schema::json::write(object).c_str());
}

}  // namespace qnzs::bench

int main(int argc, char** argv) {
  CLI::App root("测量网关各部分的开销;由 tools/bench/run 调用。", "qnzs-bench");
  root.require_subcommand(1);
  qnzs::bench::add_load(root);
  qnzs::bench::add_produce(root);
  qnzs::bench::add_append(root);
  try {
    CLI11_PARSE(root, argc, argv);
  } catch (const std::exception& reason) {
    std::fprintf(stderr, "qnzs-bench: %s\n", reason.what());
    return 1;
  }
}
