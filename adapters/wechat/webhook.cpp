#include "adapters/wechat/webhook.hpp"

#include "adapters/support/xml.hpp"
#include "adapters/wechat/envelope.hpp"
#include "adapters/wechat/normalise.hpp"
#include "adapters/wechat/settings.hpp"
#include "schema/crypto.hpp"

#include <optional>
#include <string>
#include <utility>

namespace qnzs::adapters::wechat {
namespace {

using schema::Fault;

// The query of a callback (protocols: WeChat §2.1).
struct Signed {
  std::string signature, msg_signature, timestamp, nonce, encrypt_type;
};

class WechatWebhook final : public Webhook {
 public:
  WechatWebhook(Settings settings, const Installation& installation)
      : settings_(std::move(settings)),
        installation_(installation),
        current_(decode_key(settings_.aes_key.reveal())),
        previous_(decode_key(settings_.previous_aes_key.reveal())) {}

  schema::Result<Received> receive(const HttpRequest& request) const override {
    const Query query(request);
    const auto timestamp = query.value("timestamp");
    const auto nonce = query.value("nonce");
    if (!timestamp || !nonce) return schema::fail(Fault::malformed, "timestamp or nonce missing");
    const Signed given{.signature = query.value("signature").value_or(""),
                       .msg_signature = query.value("msg_signature").value_or(""),
                       .timestamp = *timestamp,
                       .nonce = *nonce,
                       .encrypt_type = query.value("encrypt_type").value_or("raw")};
    if (request.method == "GET") return verify_url(request, given);
    if (request.method != "POST") return schema::fail(Fault::unsupported, "GET or POST");
    if (given.encrypt_type == "aes") return receive_encrypted(request, given);
    if (given.encrypt_type == "raw") return receive_plain(request, given);
    return schema::fail(Fault::malformed, "unknown encrypt_type");
  }

  schema::Result<Received> receive_again(const HttpRequest& request) const override {
    const auto outer = support::parse_xml(request.body);
    const auto* element = outer ? outer->root.find("Encrypt") : nullptr;
    if (element != nullptr) return read_encrypted(request, element->text);
    const auto encrypted = outer ? "" : find_encrypted(request.body);
    if (!encrypted.empty()) return read_encrypted(request, encrypted);
    if (settings_.mode == "safe") return schema::fail(Fault::forbidden, "not encrypted");
    return read(request, request.body, false, "");
  }

 private:
  struct Opened {
    std::string xml;
    std::string_view key_id;
  };

  bool is_signed(const Signed& given) const {
    const auto right = sign({settings_.token.reveal(), given.timestamp, given.nonce});
    return schema::crypto::equal_constant_time(right, given.signature);
  }

  // The platform asks whether this URL is ours (protocols: WeChat §1): echostr as it is.
  schema::Result<Received> verify_url(const HttpRequest& request, const Signed& given) const {
    const auto echo = Query(request).value("echostr");
    if (!echo) return schema::fail(Fault::malformed, "echostr missing");
    if (!is_signed(given)) return schema::fail(Fault::unauthentic, "wrong signature");
    Received received;
    received.once_stored.body = *echo;
    return received;
  }

  schema::Result<Received> receive_plain(const HttpRequest& request, const Signed& given) const {
    if (!is_signed(given)) return schema::fail(Fault::unauthentic, "wrong signature");
    if (settings_.mode == "safe") return schema::fail(Fault::forbidden, "not encrypted");
    return read(request, request.body, false, "");
  }

  schema::Result<Received> receive_encrypted(const HttpRequest& request,
                                             const Signed& given) const {
    const auto outer = support::parse_xml(request.body);
    const auto* element = outer ? outer->root.find("Encrypt") : nullptr;
    const auto encrypted = element != nullptr ? element->text : find_encrypted(request.body);
    if (encrypted.empty()) return schema::fail(Fault::malformed, "no Encrypt element");
    const auto right = sign({settings_.token.reveal(), given.timestamp, given.nonce, encrypted});
    if (!schema::crypto::equal_constant_time(right, given.msg_signature))
      return schema::fail(Fault::unauthentic, "wrong signature");
    return read_encrypted(request, encrypted);
  }

  schema::Result<Received> read_encrypted(const HttpRequest& request,
                                          std::string_view encrypted) const {
    // Signed rightly, so whatever is wrong now is wrong with our settings: nothing may be lost. A
    // plain account that has a key opens what the platform encrypts since its mode was changed
    // there.
    if (!current_) return set_aside(request, "no_aes_key");
    const auto opened = open_with_any_key(encrypted);
    if (!opened) return set_aside(request, "unopenable");
    return read(request, opened->xml, true, opened->key_id);
  }

  std::optional<Opened> open_with_any_key(std::string_view encrypted) const {
    if (auto xml = open(encrypted, *current_, settings_.appid))
      return Opened{*std::move(xml), "current"};
    if (!previous_) return std::nullopt;
    if (auto xml = open(encrypted, *previous_, settings_.appid))
      return Opened{*std::move(xml), "previous"};
    return std::nullopt;
  }

  schema::Result<Received> read(const HttpRequest& request, std::string_view xml, bool is_encrypted,
                                std::string_view key_id) const {
    const auto document = support::parse_xml(xml);
    if (!document) return set_aside(request, document.error().reason);
    auto message = normalise(*document, {.settings = settings_,
                                         .installation = installation_,
                                         .request = request,
                                         .xml = xml,
                                         .is_encrypted = is_encrypted,
                                         .key_id = key_id});
    if (!message) return set_aside(request, message.error().reason);
    auto received = answered();
    received.messages.push_back(*std::move(message));
    return received;
  }

  static Received answered() {
    Received received;
    received.once_stored.body = "success";
    return received;
  }

  // Authentic, but not understood: kept with its bytes, and answered, since a repeat would be no
  // better.
  Received set_aside(const HttpRequest& request, const std::string& reason) const {
    auto received = answered();
    received.dead_letters.push_back(
        dead_letter(request, {.channel = "wechat",
                              .account = settings_.account,
                              .site = installation_.site.code,
                              .reason = reason,
                              .detail = {},
                              .payload_bytes_max = installation_.payload_bytes_max}));
    return received;
  }

  const Settings settings_;
  const Installation installation_;
  const std::optional<std::string> current_, previous_;
};

std::unique_ptr<Webhook> open_webhook(const config::AccountSettings& settings,
                                      const Installation& installation) {
  return std::make_unique<WechatWebhook>(static_cast<const Settings&>(settings), installation);
}

}  // namespace

Channel channel() {
  return {.name = "wechat",
          .manner = {.answer_within = std::chrono::milliseconds(4000),
                     .refusal = Refusal::close_unanswered,
                     .dedupe_window = std::chrono::hours(24)},
          .section = config::ChannelSection::of(section()),
          .open_webhook = open_webhook};
}

}  // namespace qnzs::adapters::wechat
