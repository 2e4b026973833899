#include "adapters/hotline/batch.hpp"
#include "adapters/hotline/channel.hpp"
#include "adapters/hotline/signature.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace qnzs::adapters::hotline {
namespace {

using schema::Fault;

enum class Form : std::uint8_t { one_record, lines };

schema::Result<Form> form_of(const HttpRequest& request) {
  auto type = header(request, "Content-Type").value_or("");
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  if (type == "application/json") return Form::one_record;
  if (type == "application/x-ndjson") return Form::lines;
  return schema::fail(Fault::malformed,
                      "Content-Type: application/json or application/x-ndjson is needed");
}

class HotlineWebhook final : public Webhook {
 public:
  HotlineWebhook(Settings settings, const Installation& installation)
      : settings_(std::move(settings)), installation_(installation) {}

  schema::Result<Received> receive(const HttpRequest& request) const override {
    if (request.method != "POST") return schema::fail(Fault::unsupported, "POST");
    auto verified = verify(request, settings_);
    if (!verified) return std::unexpected(std::move(verified.error()));
    const auto form = form_of(request);
    if (!form) return std::unexpected(form.error());
    const auto lines =
        *form == Form::lines ? lines_of(request.body) : std::vector<Line>{{1, request.body}};
    const auto records_max = static_cast<std::size_t>(settings_.records_max);
    if (lines.empty() || lines.front().bytes.empty())
      return schema::fail(Fault::malformed, "no record in the body");
    if (lines.size() > records_max)
      return schema::fail(Fault::too_large,
                          "more than " + std::to_string(records_max) + " records");
    return read(lines, request, *std::move(verified));
  }

  schema::Result<Received> receive_again(const HttpRequest& request) const override {
    auto messages = read_again(request.body, request.received_at, settings_, installation_);
    if (!messages) return std::unexpected(std::move(messages.error()));
    Received received;
    received.messages = *std::move(messages);
    return received;
  }

 private:
  Received read(const std::vector<Line>& lines, const HttpRequest& request,
                Verified verified) const {
    const Origin origin{
        .settings = settings_,
        .installation = installation_,
        .received_at = request.received_at,
        .verification = {.method = "hmac_sha256", .ok = true, .key_id = verified.key_id}};
    Batch batch(origin);
    for (const auto& line : lines) batch.add(line);
    Received received;
    received.once_stored.status = batch.accepted() == lines.size() ? 200
                                  : batch.accepted() > 0           ? 207
                                                                   : 400;
    received.once_stored.content_type = "application/json";
    received.once_stored.body = batch.answer();
    received.messages = batch.take_messages();
    received.once_only = OnceOnly{.token = verified.key_id + "\n" + verified.nonce,
                                  .until = verified.valid_until.at};
    return received;
  }

  const Settings settings_;
  const Installation installation_;
};

}  // namespace

std::unique_ptr<Webhook> open_webhook(const config::AccountSettings& settings,
                                      const Installation& installation) {
  const auto& own = static_cast<const Settings&>(settings);
  if (own.secret.empty()) return nullptr;
  return std::make_unique<HotlineWebhook>(own, installation);
}

}  // namespace qnzs::adapters::hotline
