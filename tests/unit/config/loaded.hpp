#pragma once

#include "config/gateway.hpp"
#include "tests/support/fixture_accounts.hpp"
#include "tests/support/temporary_folder.hpp"

#include <expected>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

// Configurations to load, in pieces: `head + journal + … + account` is a whole one.
namespace qnzs::tests {

inline const std::string planted = "PLANTED-SECRET-0123456789abcdef-PLANTED";

inline std::optional<std::string> environment(std::string_view name) {
  if (name == "HEX_KEY") return std::string(64, '7');
  if (name == "SECRET") return planted;
  if (name == "KAFKA") return "kafka:9092";
  if (name == "EMPTY") return "";
  return std::nullopt;
}

inline const std::string head = R"([installation]
journal_id = "g"
identity_key = "${SECRET}"
[[seal_keys]]
id = "k1"
key = "${HEX_KEY}"
[[sites]]
code = "henan"
name = "站"
region = "410000"
)";
inline const std::string account = R"([[channels.wechat]]
account = "a"
site = "henan"
appid = "wx1"
mode = "plain"
token = "${SECRET}"
)";
inline const std::string journal = "[journal]\npath = \"j.db\"\n";

struct Loaded {
  TemporaryFolder folder;
  std::expected<config::GatewaySettings, config::Problems> settings;
  explicit Loaded(const std::string& text) {
    std::ofstream(folder.file("g.toml")) << text;
    settings = config::load_gateway(folder.file("g.toml"), channel_sections(), environment);
  }
  // What is wrong, a line each; empty when it loads.
  std::string problem() const {
    std::string all;
    if (settings) return all;
    for (const auto& found : settings.error()) all += found.str() + "\n";
    return all;
  }
};

inline bool says(const Loaded& loaded, std::string_view text) {
  return loaded.problem().contains(text);
}

}  // namespace qnzs::tests
