#include "tests/support/damage.hpp"

#include "gateway/store/database.hpp"
#include "tests/support/process.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace qnzs::tests {

void flip_bit(const std::string& path, std::uint64_t at) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekg(static_cast<std::streamoff>(at));
  const auto byte = static_cast<char>(file.get() ^ 0x10);
  file.seekp(static_cast<std::streamoff>(at));
  if (!file.put(byte)) throw std::runtime_error("no byte there: " + path);
}

void cut_off(const std::string& path, std::uint64_t percent) {
  constexpr std::uint64_t page = 4096;
  const auto pages = std::filesystem::file_size(path) / page;
  std::filesystem::resize_file(path, pages * (100 - percent) / 100 * page);
}

bool damage_body(const std::string& journal, std::size_t before_the_last) {
  const auto opened = store::Database::open(
      {.path = journal, .mode = store::Database::Mode::read_write, .vfs = {}});
  if (!opened) throw std::runtime_error(opened.error().reason);
  auto& database = **opened;
  database.execute(
      "UPDATE bodies SET body = CAST(substr(body, 1, 40) || X'00112233' || substr(body, 45) AS "
      "BLOB) WHERE sequence = (SELECT sequence FROM bodies WHERE sequence > (SELECT position FROM "
      "journal) ORDER BY sequence DESC LIMIT 1 OFFSET " +
      std::to_string(before_the_last) + ")");
  const auto changed = database.number("SELECT changes()");
  if (const auto failure = database.take_failure()) throw std::runtime_error(failure->reason);
  return changed == 1;
}

std::size_t salvage(const GatewayProcess& gateway) {
  const TemporaryFolder folder;
  Process command({std::string(QNZS_BINARY_DIR) + "/bin/qnzs", "journal", "salvage", "--config",
                   gateway.config_file()},
                  folder.file("said"));
  const auto code = command.wait(std::chrono::seconds(30));
  std::ostringstream text;
  text << std::ifstream(folder.file("said")).rdbuf();
  const auto said = text.str();
  if (code != 0) throw std::runtime_error("nothing was salvaged: " + said);
  std::size_t named = 0;
  for (const std::string word : {"丢失 ", "内容损坏 "}) {
    const auto at = said.find(word);
    if (at != std::string::npos) named += std::stoul(said.substr(at + word.size()));
  }
  return named;
}

}  // namespace qnzs::tests
