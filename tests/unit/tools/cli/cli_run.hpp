#pragma once

#include "tests/support/command_run.hpp"
#include "tests/support/temporary_folder.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

namespace qnzs::tests {

inline std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The configuration of the fixtures' accounts, with secrets from the environment.
inline std::string fixture_config() {
  setenv("HEX_KEY", std::string(64, '7').c_str(), 1);
  setenv("WECHAT_TOKEN", "QingNianTest2024", 1);
  setenv("WECHAT_AES_KEY", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", 1);
  setenv("HOTLINE_SECRET", "hotline-secret-of-the-fixtures-0001", 1);
  setenv("HOTLINE_SECRET_OLD", "hotline-secret-of-the-fixtures-0000", 1);
  return QNZS_SOURCE_DIR "/tests/fixtures/accounts.toml";
}

// The same with more sections, in a folder of its own, where its journal would be too.
inline std::string config_with(const TemporaryFolder& folder, const std::string& sections = "") {
  const auto path = folder.file("g.toml");
  std::ofstream(path) << contents(fixture_config()) << sections;
  return path;
}

}  // namespace qnzs::tests
