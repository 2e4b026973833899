#pragma once

#include "tests/support/temporary_folder.hpp"

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace qnzs::tests {

// A machine whose power goes: what a gateway wrote to its journal and did not sync is lost. The
// library of tests/preload keeps a copy that gets what was written at each sync, as far as it had
// come when the process died. (Whether some of what was not synced may reach the disk all the same
// is asked by unit.gateway.ingest.power_cut.)
class PowerCut {
 public:
  // Keeps the name journal.db, by which the library knows it.
  explicit PowerCut(std::string journal_file) : journal_(std::move(journal_file)) {}

  // Before each start of a gateway, whose environment this is: what is on the disk now stays.
  std::vector<std::string> begin() const {
    for (const auto& [file, synced] : files()) replace(synced, file);
    return {"LD_PRELOAD=" QNZS_PRELOAD, "QNZS_SYNCED_FOLDER=" + folder_.path().string()};
  }
  // After its end by SIGKILL.
  void lose_unsynced() const {
    for (const auto& [file, synced] : files()) replace(file, synced);
    std::filesystem::remove(journal_ + "-shm");
  }

 private:
  std::vector<std::pair<std::string, std::string>> files() const {
    return {{journal_, folder_.file("journal.db")},
            {journal_ + "-wal", folder_.file("journal.db-wal")}};
  }
  static void replace(const std::string& file, const std::string& by) {
    std::filesystem::remove(file);
    if (std::filesystem::exists(by)) std::filesystem::copy_file(by, file);
  }

  TemporaryFolder folder_;
  std::string journal_;
};

}  // namespace qnzs::tests
