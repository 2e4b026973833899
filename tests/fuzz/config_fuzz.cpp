// libFuzzer: any bytes as a configuration. Whatever is wrong is told with a place; what is accepted
// opens all its accounts and prints as TOML.
#include "config/toml.hpp"
#include "gateway/routes.hpp"
#include "schema/json.hpp"
#include "tests/support/fixture_accounts.hpp"

namespace config = qnzs::config;

namespace {

void require(bool holds) {
  if (!holds) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto sections = qnzs::tests::channel_sections();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto settings =
      config::parse_gateway(text, "/nowhere/gateway.toml", sections, qnzs::tests::fixture_secret);
  if (!settings) {
    require(!settings.error().empty());
    for (const auto& problem : settings.error()) {
      require(!problem.what.empty() && qnzs::schema::json::is_utf8(problem.str()));
    }
    return 0;
  }
  require(config::parse_toml(settings->printed, "printed").has_value());
  const qnzs::schema::Identity identity(settings->installation.identity_key.reveal());
  qnzs::routes_for(*settings, identity);
  qnzs::poll_routes_for(*settings, identity);
  return 0;
}
