#pragma once

#include "adapters/adapter.hpp"
#include "config/gateway.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace qnzs::tests {

inline constexpr const char* fixture_accounts_file =
    QNZS_SOURCE_DIR "/tests/fixtures/accounts.toml";

// When the signed fixtures were made: what they are received at.
inline constexpr schema::Instant fixtures_received_at{std::chrono::milliseconds(1700000001234)};

// The secrets of tests/fixtures/accounts.toml; test values.
inline std::optional<std::string> fixture_secret(std::string_view name) {
  if (name == "HEX_KEY") return std::string(64, '7');
  if (name == "WECHAT_TOKEN") return "QingNianTest2024";
  if (name == "WECHAT_AES_KEY") return "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
  if (name == "HOTLINE_SECRET") return "hotline-secret-of-the-fixtures-0001";
  if (name == "HOTLINE_SECRET_OLD") return "hotline-secret-of-the-fixtures-0000";
  return std::nullopt;
}

// Of every channel in the registry.
inline std::vector<config::ChannelSection> channel_sections() {
  std::vector<config::ChannelSection> sections;
  for (const auto& channel : adapters::channels()) sections.push_back(channel.section);
  return sections;
}

}  // namespace qnzs::tests
