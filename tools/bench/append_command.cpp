#include "gateway/ingest/journal_options.hpp"
#include "schema/crypto.hpp"
#include "tools/bench/bench.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <memory>
#include <mutex>
#include <stdexcept>

namespace qnzs::bench {
namespace {

constexpr std::size_t rounds = 20;

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

std::unique_ptr<ingest::Journal> opened(const Options& options, const std::string& name) {
  config::JournalSettings settings;
  settings.path = options.folder + "/" + name + ".db";
  settings.size_mib_max = 1 << 20;
  if (std::filesystem::exists(settings.path)) throw std::runtime_error("the file is there already");
  const config::SealKeySettings key{.id = "k1", .key = config::Secret(std::string(64, '5'))};
  return ingest::open_journal(settings, {&key, 1}, name);
}

// A journal to append to, and what that has cost.
struct Measured {
  Measured(const Options& options, const std::string& name)
      : journal(opened(options, name)), appender(*journal) {}
  void append(const Options& options) {
    const auto count = options.count / rounds;
    const auto cpu = cpu_seconds();
    appender.append(count, options.bytes, options.in_flight);
    cpu_used += cpu_seconds() - cpu;
    appended += count;
  }
  double per_100k() const { return cpu_used * 1e5 / static_cast<double>(appended); }

  std::unique_ptr<ingest::Journal> journal;
  Appender appender;
  double cpu_used = 0;
  std::size_t appended = 0;
};

// In turn, for the same row costs by half more where the kernel has to fetch each new page of its
// cache from a virtual machine's host than where it uses again what was freed a moment before: the
// second of two long phases is not in the state of the first.
void run(const Options& options) {
  Measured large(options, "large");
  Measured empty(options, "empty");
  large.appender.append(options.rows, 1, 2000);
  auto& records = large.journal->records();
  records.mark_published(records.last() / 2);  // with half of it, expiry has to do
  for (auto* journal : {&large, &empty})
    journal->appender.append(1000, options.bytes, options.in_flight);
  for (std::size_t round = 0; round < rounds; ++round) {
    (round % 2 == 0 ? empty : large).append(options);
    (round % 2 == 0 ? large : empty).append(options);
  }
  print({{"rows", static_cast<double>(options.rows)},
         {"cpu_s_per_100k_empty", empty.per_100k()},
         {"cpu_s_per_100k_large", large.per_100k()},
         {"large_per_empty", large.cpu_used / empty.cpu_used}});
}

}  // namespace

void add_append(CLI::App& root) {
  auto options = std::make_shared<Options>();
  auto* command =
      root.add_subcommand("append", "只量日志账:空文件与已有许多行(一半已发布)的文件,轮流写。");
  command->add_option("--folder", options->folder, "放文件的空文件夹")->required();
  command->add_option("--rows", options->rows, "先放进多少行");
  command->add_option("--count", options->count, "各量多少行(分二十轮)")
      ->check(CLI::Range(rounds, std::size_t{100'000'000}));
  command->callback([options] { run(*options); });
}

}  // namespace qnzs::bench
