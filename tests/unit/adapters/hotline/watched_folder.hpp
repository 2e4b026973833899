#pragma once

#include "adapters/poll.hpp"
#include "tests/unit/adapters/hotline/hotline_desk.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

// A desk's watched folder and the host that looks at it, in memory.
namespace qnzs::tests {

inline std::string call_record(int number) {
  return R"({"record_no":")" + std::to_string(number) +
         R"(","call":{"started_at":"2026-11-24T08:00:00+08:00"}})";
}

// The host's side in memory: files, a journal that may refuse, and a clock.
struct WatchedFolder {
  HotlineDesk desk;
  std::map<std::string, std::string> files;
  std::map<std::string, schema::Instant> changed_at;
  std::map<std::string, int> stored;  // message id → times that it was appended
  std::string cursor;
  schema::Instant now{std::chrono::seconds(1'700'000'000)};
  std::vector<schema::DeadLetter> dead_letters;
  std::size_t appends = 0;
  std::function<void()> on_store = [] {};
  int steps_left = -1;  // then the host dies; negative = never
  bool is_journal_full = false, is_write_refused = false;
  schema::Fault journal_fault = schema::Fault::busy;
  adapters::Rest rest;

  WatchedFolder() { desk.settings.folder = "in"; }

  void write(const std::string& name, const std::string& bytes) {
    files["in/" + name] = bytes;
    changed_at["in/" + name] = now;
  }

  void pass() {
    const auto installation = desk.installation();
    const auto poll = adapters::hotline::open_poll(desk.settings, installation);
    const auto pass = poll->begin(cursor);
    adapters::PollResult result = adapters::Begun{};
    while (steps_left != 0) {
      if (steps_left > 0) --steps_left;
      auto step = pass->resume(std::move(result), now);
      if (auto* over = std::get_if<adapters::Rest>(&step)) {
        rest = *over;
        return;
      }
      result = std::visit([this](auto& call) { return answer(call); }, step);
    }
  }

  // As many passes as it takes, with a host that lives.
  void settle() {
    steps_left = -1;
    now += std::chrono::seconds(10);
    for (int i = 0; i < 3; ++i) pass();
  }

 private:
  adapters::PollResult answer(const adapters::ListFolder& call) {
    adapters::Listed listed;
    for (const auto& [path, bytes] : files) {
      if (path.ends_with(call.suffix)) {
        listed.files.push_back({path.substr(3), bytes.size(), changed_at[path]});
      } else if (!path.ends_with(call.own_suffix) && now - changed_at[path] >= call.other_rest) {
        if (listed.others++ == 0) listed.other = path.substr(3);
      }
    }
    listed.is_cut = listed.files.size() > call.files_max;
    if (listed.is_cut) {
      std::ranges::sort(listed.files, std::ranges::greater{}, &adapters::FoundFile::changed_at);
      listed.files.resize(call.files_max);
    }
    return listed;
  }
  adapters::PollResult answer(const adapters::ReadFile& call) {
    const auto& bytes = files.at(call.path);
    return adapters::FileBytes{
        call.offset > bytes.size() ? "" : bytes.substr(call.offset, call.bytes_max)};
  }
  adapters::PollResult answer(const adapters::WriteFile& call) {
    if (is_write_refused) return schema::Error{schema::Fault::storage, "no"};
    auto& bytes = files[call.path];
    bytes.resize(std::min<std::size_t>(bytes.size(), call.offset));
    bytes += call.bytes;
    return adapters::Written{bytes.size()};
  }
  adapters::PollResult answer(adapters::StorePolled& call) {
    if (is_journal_full) return schema::Error{journal_fault, "full"};
    for (const auto& message : call.messages) ++stored[message.id.hex()];
    for (auto& letter : call.dead_letters) dead_letters.push_back(std::move(letter));
    cursor = call.cursor;
    ++appends;
    on_store();
    return adapters::Stored{};
  }
  adapters::PollResult answer(const adapters::Rest&) { return adapters::Begun{}; }
};

}  // namespace qnzs::tests
