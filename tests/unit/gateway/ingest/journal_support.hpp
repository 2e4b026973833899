#pragma once

#include "gateway/ingest/journal_options.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace qnzs::ingest::test {

// A folder of its own, gone afterwards.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string file(std::string_view name = "journal.db") const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

config::JournalSettings settings(const std::string& path);
config::SealKeySettings seal_key(std::string id, char digit);
std::unique_ptr<Journal> open(const config::JournalSettings& settings, JournalOptions options = {});

EntryId id_of(std::uint64_t number);  // scattered over all bits, as HMACs are
Entry message(std::uint64_t number, std::string text = "你好");
Entry dead_letter(std::uint64_t number);
Entry cursor(std::string name, std::string value);

using Receipts = schema::Result<std::vector<Receipt>>;
Receipts append(Journal& journal, std::vector<Entry> entries);

// Looks again until it holds; false after ten seconds.
bool eventually(const std::function<bool()>& holds);

}  // namespace qnzs::ingest::test
