#include "tests/unit/gateway/ingest/journal_support.hpp"

#include <atomic>
#include <future>
#include <memory>
#include <thread>
#include <unistd.h>

namespace qnzs::ingest::test {

Folder::Folder() {
  static std::atomic<int> next{0};
  path_ = std::filesystem::path(QNZS_BINARY_DIR) / "tmp" /
          ("journal-" + std::to_string(::getpid()) + "-" + std::to_string(next++));
  std::filesystem::remove_all(path_);
  std::filesystem::create_directories(path_);
}

Folder::~Folder() {
  std::filesystem::remove_all(path_);
}

config::JournalSettings settings(const std::string& path) {
  config::JournalSettings settings;
  settings.path = path;
  settings.disk_free_mib_min = 0;
  return settings;
}

config::SealKeySettings seal_key(std::string id, char digit) {
  return {std::move(id), config::Secret(std::string(64, digit))};
}

std::unique_ptr<Journal> open(const config::JournalSettings& settings, JournalOptions options) {
  return open_journal(settings, std::vector{seal_key("k1", '1')}, "test", std::move(options));
}

EntryId id_of(std::uint64_t number) {
  EntryId id{};
  for (auto& byte : id) {  // splitmix64
    number += 0x9e3779b97f4a7c15;
    auto mixed = (number ^ (number >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    byte = static_cast<std::uint8_t>(mixed >> 56);
  }
  return id;
}

Entry message(std::uint64_t number, std::string text) {
  Entry entry;
  entry.kind = EntryKind::message;
  entry.id = id_of(number);
  entry.record.topic = schema::Topic::messages;
  entry.record.key = "conversation";
  entry.record.event.id = std::to_string(number);
  entry.record.event.source = "/qnzs/wechat/henan";
  entry.record.value = std::move(text);
  return entry;
}

Entry dead_letter(std::uint64_t number) {
  auto entry = message(number, "{}");
  entry.kind = EntryKind::dead_letter;
  entry.record.topic = schema::Topic::dead_letters;
  return entry;
}

Entry cursor(std::string name, std::string value) {
  Entry entry;
  entry.kind = EntryKind::cursor;
  entry.name = std::move(name);
  entry.value = std::move(value);
  return entry;
}

Receipts append(Journal& journal, std::vector<Entry> entries) {
  // Shared: a journal that ends fatally destroys what it does not answer.
  auto answered = std::make_shared<std::promise<Receipts>>();
  auto answer = answered->get_future();
  journal.append(std::move(entries),
                 [answered](Receipts receipts) { answered->set_value(std::move(receipts)); });
  answered.reset();
  return answer.get();
}

bool eventually(const std::function<bool()>& holds) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace qnzs::ingest::test
