#include "gateway/ingest/journal_metrics.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <string>

namespace qnzs::ingest {
namespace {

struct SumGauge {
  runtime::Gauge gauge;
  std::uint64_t Sums::* sum;
};

std::array<SumGauge, 8> sum_gauges(runtime::Metrics& metrics) {
  const std::string callbacks = "qnzs_journal_callbacks";
  const std::string callbacks_help =
      "Callbacks since the journal was made: outcome all = stored + repeated + dead_lettered + "
      "refused.";
  const std::string entries = "qnzs_journal_entries";
  const std::string entries_help = "Entries for Kafka: state all = published + queued.";
  const auto callback = [&](const char* outcome, std::uint64_t Sums::* sum) {
    return SumGauge{metrics.gauge(callbacks, callbacks_help, {{"outcome", outcome}}), sum};
  };
  const auto entry = [&](const char* state, std::uint64_t Sums::* sum) {
    return SumGauge{metrics.gauge(entries, entries_help, {{"state", state}}), sum};
  };
  return {callback("all", &Sums::callbacks),     callback("stored", &Sums::stored),
          callback("repeated", &Sums::repeated), callback("dead_lettered", &Sums::dead_lettered),
          callback("refused", &Sums::refused),   entry("all", &Sums::entries),
          entry("published", &Sums::published),  entry("queued", &Sums::queued)};
}

}  // namespace

JournalObserver observe_commits(runtime::Metrics& metrics) {
  const auto seconds =
      metrics.histogram("qnzs_stage_seconds", "Time spent in each stage of a callback.",
                        runtime::Metrics::latency_bounds(), {{"stage", "commit"}});
  const auto sizes =
      metrics.histogram("qnzs_journal_commit_entries", "Entries that shared one commit.",
                        {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000});
  JournalObserver observer;
  observer.committed = [seconds, sizes](std::size_t entries, std::chrono::duration<double> commit) {
    seconds.observe(commit.count());
    sizes.observe(static_cast<double>(entries));
  };
  return observer;
}

void expose_status(const Journal& journal, runtime::Metrics& metrics) {
  const auto accepts = metrics.gauge("qnzs_journal_accepts", "1 while the journal takes entries.");
  const auto bytes = metrics.gauge("qnzs_journal_bytes", "Size of the journal's file and its log.");
  const auto used = metrics.gauge("qnzs_journal_used_ratio",
                                  "What the journal holds, as a part of journal.size_mib_max.");
  const auto disk_free =
      metrics.gauge("qnzs_journal_disk_free_bytes", "Free space of the journal's file system.");
  const auto oldest = metrics.gauge("qnzs_journal_oldest_queued_age_seconds",
                                    "Age of the oldest entry that is not on Kafka; 0 = none.");
  const auto drained =
      metrics.gauge("qnzs_journal_drained_per_second", "Recent rate of publishing.");
  const auto damaged = metrics.gauge("qnzs_journal_damaged_entries",
                                     "Entries set aside since the start, for they are damaged.");
  metrics.before_exposition([=, &journal, sums = sum_gauges(metrics)] {
    const auto status = journal.status();
    for (const auto& [gauge, sum] : sums) gauge.set(static_cast<double>(status.sums.*sum));
    accepts.set(status.condition == JournalCondition::accepting ? 1 : 0);
    bytes.set(static_cast<double>(status.bytes));
    used.set(status.used_percent / 100);
    disk_free.set(static_cast<double>(status.disk_free_bytes));
    oldest.set(status.oldest_queued_age.count());
    damaged.set(static_cast<double>(status.damaged));
    drained.set(status.drained_per_second);
  });
}

}  // namespace qnzs::ingest
