#include "gateway/routes.hpp"

#include "adapters/adapter.hpp"

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <utility>

namespace qnzs {
namespace {

schema::Site site_of(const config::GatewaySettings& settings, const std::string& code) {
  const auto found = std::ranges::find(settings.sites, code, &config::SiteSettings::code);
  if (found == settings.sites.end()) throw std::logic_error("an account without its site");
  return {schema::SiteCode(found->code), found->name, found->region};
}

adapters::Manner manner_of(const adapters::Channel& channel,
                           const config::AccountSettings& account) {
  auto manner = channel.manner;
  if (account.dedupe_hours > 0) manner.dedupe_window = std::chrono::hours(account.dedupe_hours);
  return manner;
}

const adapters::Channel& channel_of(const std::string& name) {
  const auto* channel = adapters::find_channel(name);
  if (channel == nullptr) throw std::logic_error("an account without its channel");
  return *channel;
}

adapters::Installation installation_for(const config::GatewaySettings& settings,
                                        const config::AccountSettings& account,
                                        const schema::Identity& identity) {
  return {.site = site_of(settings, account.site),
          .identity = &identity,
          .payload_bytes_max = static_cast<std::size_t>(settings.journal.payload_bytes_max)};
}

}  // namespace

std::vector<ingest::Route> routes_for(const config::GatewaySettings& settings,
                                      const schema::Identity& identity) {
  std::vector<ingest::Route> routes;
  for (const auto& [name, account] : settings.accounts) {
    const auto& channel = channel_of(name);
    if (channel.open_webhook == nullptr) continue;
    const auto installation = installation_for(settings, *account, identity);
    auto webhook = channel.open_webhook(*account, installation);
    if (webhook == nullptr) continue;
    routes.push_back({.channel = name,
                      .account = account->account,
                      .site = installation.site,
                      .manner = manner_of(channel, *account),
                      .webhook = std::move(webhook),
                      .once_tokens_max = static_cast<std::size_t>(settings.http.once_tokens_max)});
  }
  return routes;
}

std::vector<ingest::PollRoute> poll_routes_for(const config::GatewaySettings& settings,
                                               const schema::Identity& identity) {
  std::vector<ingest::PollRoute> routes;
  for (const auto& [name, account] : settings.accounts) {
    const auto& channel = channel_of(name);
    if (channel.open_poll == nullptr) continue;
    const auto installation = installation_for(settings, *account, identity);
    auto poll = channel.open_poll(*account, installation);
    if (poll == nullptr) continue;
    routes.push_back({.channel = name,
                      .account = account->account,
                      .site = installation.site,
                      .manner = manner_of(channel, *account),
                      .poll = std::move(poll)});
  }
  return routes;
}

std::vector<config::ChannelSection> channel_sections() {
  std::vector<config::ChannelSection> sections;
  for (const auto& channel : adapters::channels()) sections.push_back(channel.section);
  return sections;
}

}  // namespace qnzs
