#pragma once

#include "tests/unit/gateway/ingest/faulty_vfs.hpp"
#include "tests/unit/gateway/ingest/journal_support.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

namespace qnzs::ingest::test {

// A journal on a disk that can fail, under a clock that the test sets.
struct Fixture {
  Folder folder;
  FaultyVfs& disk = faulty_vfs();
  std::atomic<int> fatal{0}, woken{0};
  std::atomic<std::int64_t> clock_ms{1'800'000'000'000};
  config::JournalSettings set = settings(folder.file());

  JournalOptions options() {
    JournalOptions options;
    options.vfs = FaultyVfs::name;
    options.tick = std::chrono::milliseconds(5);
    options.sweep_pause = std::chrono::milliseconds(1);
    options.sweep_rest = std::chrono::milliseconds(5);
    options.observer.woken = [this] { ++woken; };
    options.on_fatal = [this](std::string_view) { ++fatal; };
    options.clock_jump_max = std::chrono::hours(24 * 3650);
    options.now = [this] { return std::chrono::sys_time(std::chrono::milliseconds(clock_ms)); };
    return options;
  }
  std::unique_ptr<Journal> open() { return test::open(set, options()); }
  void pass(std::chrono::milliseconds time) { clock_ms += time.count(); }
};

inline std::size_t readable(Journal& journal) {
  return journal.records().read(0, 1000, 1 << 30)->size();
}

// The clock goes on step by step until it holds.
inline bool in_time(Fixture& fixture, std::chrono::minutes step,
                    const std::function<bool()>& holds) {
  return eventually([&] {
    fixture.pass(step);
    return holds();
  });
}

// The journal's thread has come round so often that what was due is done.
inline bool settles(Fixture& fixture) {
  const auto before = fixture.woken.load();
  return eventually([&] { return fixture.woken >= before + 10; });
}

}  // namespace qnzs::ingest::test
