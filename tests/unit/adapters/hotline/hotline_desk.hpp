#pragma once

#include "adapters/hotline/channel.hpp"
#include "adapters/hotline/record.hpp"
#include "adapters/hotline/settings.hpp"
#include "adapters/hotline/signature.hpp"

#include <string>
#include <vector>

// One desk under test, and rightly signed requests to it.
namespace qnzs::tests {

inline const std::string record_one =
    R"({"record_no":"1","call":{"started_at":"2026-11-24T08:00:00+08:00"},"matter":{"text":"你好"}})";

struct HotlineDesk {
  adapters::hotline::Settings settings;
  schema::Identity identity{std::string(32, 'k')};
  std::int64_t now = 1'700'000'000;
  std::string key_id = "new", nonce = "nonce-0123456789", path = "/hotline/desk";
  std::string media_type = "application/json", method = "POST", query;

  HotlineDesk() {
    settings.account = "desk";
    settings.site = "henan";
    settings.key_id = "new";
    settings.secret = config::Secret("secret-of-the-desk");
    settings.previous_key_id = "old";
    settings.previous_secret = config::Secret("secret-of-the-desk-before");
  }

  adapters::Installation installation() const {
    return {.site = {schema::SiteCode("henan"), "青年之声·河南", "410000"}, .identity = &identity};
  }

  // `signed_at` and `signed_body` are what the signature covers.
  schema::Result<adapters::Received> receive(const std::string& body, std::int64_t signed_at,
                                             const std::string& signed_body,
                                             const std::string& secret) const {
    const auto time = std::to_string(signed_at);
    const auto signature = adapters::hotline::sign(
        {.method = method, .path = path, .timestamp = time, .nonce = nonce, .body = signed_body},
        secret);
    const std::vector<adapters::HeaderView> headers{{"content-type", media_type},
                                                    {"x-qnzs-key-id", key_id},
                                                    {"x-qnzs-timestamp", time},
                                                    {"x-qnzs-nonce", nonce},
                                                    {"x-qnzs-signature", signature}};
    return receive_with(body, headers);
  }
  schema::Result<adapters::Received> receive(const std::string& body) const {
    return receive(body, now, body, settings.secret.reveal());
  }
  schema::Result<adapters::Received> receive_with(
      const std::string& body, const std::vector<adapters::HeaderView>& headers) const {
    adapters::HttpRequest request;
    request.method = method;
    request.path = path;
    request.query = query;
    request.headers = headers;
    request.body = body;
    request.received_at = {schema::Instant(std::chrono::seconds(now))};
    return adapters::hotline::open_webhook(settings, installation())->receive(request);
  }

  // As a dead letter's body, by the webhook of this desk, or by its folder when it has no secret.
  schema::Result<std::vector<schema::Message>> read_again(const std::string& body) const {
    const schema::Timestamp at{schema::Instant(std::chrono::seconds(now))};
    const auto webhook = adapters::hotline::open_webhook(settings, installation());
    if (webhook == nullptr)
      return adapters::hotline::open_poll(settings, installation())->read_again(body, at);
    adapters::HttpRequest request;
    request.body = body;
    request.received_at = at;
    auto received = webhook->receive_again(request);
    if (!received) return std::unexpected(received.error());
    return std::move(received->messages);
  }

  adapters::hotline::ReadRecord read(const std::string& record) const {
    const auto installed = installation();
    return adapters::hotline::read_record(
        record, {.settings = settings,
                 .installation = installed,
                 .received_at = {schema::Instant(std::chrono::seconds(now))},
                 .verification = {.method = "hmac_sha256", .ok = true, .key_id = "new"}});
  }
};

}  // namespace qnzs::tests
