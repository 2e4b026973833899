#include "gateway/ingest/journal_options.hpp"
#include "schema/crypto.hpp"
#include "tools/bench/bench.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <stdexcept>

namespace qnzs::bench {
namespace {

struct Options {
  std::string folder;
  std::size_t rows = 10'000'000, count = 100'000, in_flight = 64, bytes = 1100;
};

// Keeps so many appends under way and counts their answers.
class Appender {
 public:
  explicit Appender(ingest::Journal& journal) : journal_(journal) {}

  void append(std::size_t count, std::size_t bytes, std::size_t in_flight) {
    for (std::size_t i = 0; i < count; ++i) {
      {
        std::unique_lock lock(mutex_);
        answered_.wait(lock, [&] { return under_way_ < in_flight; });
        ++under_way_;
      }
      std::vector<ingest::Entry> entries(1);
      schema::crypto::random_bytes(entries[0].id);
      entries[0].record.value.assign(bytes, 'v');
      journal_.append(std::move(entries), [this](const auto& receipts) {
        const std::lock_guard lock(mutex_);
        has_failed_ |= !receipts;
        --under_way_;
        answered_.notify_one();
      });
    }
    std::unique_lock lock(mutex_);
    answered_.wait(lock, [&] { return under_way_ == 0; });
    if (has_failed_) throw std::runtime_error("the journal refused an append");
  }

 private:
  ingest::Journal& journal_;
  std::mutex mutex_;
  std::condition_variable answered_;
  std::size_t under_way_ = 0;
  bool has_failed_ = false;
};

double measured(Appender& appender, const Options& options) {
  const auto cpu = cpu_seconds();
  appender.append(options.count, options.bytes, options.in_flight);
  return (cpu_seconds() - cpu) * 1e5 / static_cast<double>(options.count);
}

void run(const Options& options) {
  config::JournalSettings settings;
  settings.path = options.folder + "/append.db";
  settings.size_mib_max = 1 << 20;
  if (std::filesystem::exists(settings.path)) throw std::runtime_error("the file is there already");
  const config::SealKeySettings key{.id = "k1", .key = config::Secret(std::string(64, '5'))};
  const auto journal = ingest::open_journal(settings, {&key, 1}, "bench");
  Appender appender(*journal);
  appender.append(1000, options.bytes, options.in_flight);  // warm
  const auto empty = measured(appender, options);
  appender.append(options.rows, 1, 2000);
  const auto large = measured(appender, options);
  print({{"rows", static_cast<double>(options.rows)},
         {"cpu_s_per_100k_empty", empty},
         {"cpu_s_per_100k_large", large},
         {"large_per_empty", large / empty}});
}

}  // namespace

void add_append(CLI::App& root) {
  auto options = std::make_shared<Options>();
  auto* command = root.add_subcommand("append", "只量日志账:空文件与已有许多行的文件。");
  command->add_option("--folder", options->folder, "放文件的空文件夹")->required();
  command->add_option("--rows", options->rows, "先放进多少行");
  command->add_option("--count", options->count, "量多少行");
  command->callback([options] { run(*options); });
}

}  // namespace qnzs::bench
