// libFuzzer: any body of a plain, rightly signed push, and any envelope. Nothing may crash, and
// whatever becomes a message must be one that encodes, decodes and is valid or is told as not.
#include "adapters/wechat/envelope.hpp"
#include "adapters/wechat/settings.hpp"
#include "adapters/wechat/webhook.hpp"
#include "schema/codec.hpp"
#include "schema/validate.hpp"

#include <array>

namespace wechat = qnzs::adapters::wechat;

namespace {

struct Account {
  wechat::Settings settings;
  qnzs::schema::Identity identity{std::string(32, 'k')};
  std::unique_ptr<qnzs::adapters::Webhook> webhook;
  Account() {
    settings.account = "a";
    settings.mode = "compat";
    settings.appid = "wx0";
    settings.token = qnzs::config::Secret("token");
    settings.aes_key = qnzs::config::Secret(std::string(43, 'A'));
    webhook = wechat::channel().open_webhook(
        settings, {.site = {qnzs::schema::SiteCode("s"), "s", "410000"}, .identity = &identity});
  }
};

void receive(std::string_view query, std::string_view body) {
  static const Account account;
  qnzs::adapters::HttpRequest request;
  request.method = "POST";
  request.query = query;
  request.body = body;
  const auto received = account.webhook->receive(request);
  if (!received) return;
  for (const auto& message : received->messages) {
    if (!qnzs::schema::validate(message).empty()) continue;
    const auto decoded = qnzs::schema::decode(qnzs::schema::encode(message));
    if (!decoded || *decoded != message) __builtin_trap();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  receive("timestamp=1&nonce=2&signature=" + wechat::sign({"token", "1", "2"}), bytes);
  wechat::open(bytes, std::string(32, '\0'), "wx0");
  const std::array<std::uint8_t, 16> random{};
  const auto sealed = wechat::seal(bytes, std::string(32, '\0'), "wx0", random);
  receive("timestamp=1&nonce=2&encrypt_type=aes&msg_signature=" +
              wechat::sign({"token", "1", "2", sealed}),
          "<xml><Encrypt>" + sealed + "</Encrypt></xml>");
  return 0;
}
