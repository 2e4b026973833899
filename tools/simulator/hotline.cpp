#include "tools/simulator/hotline.hpp"

#include "adapters/hotline/signature.hpp"
#include "schema/crypto.hpp"
#include "schema/json.hpp"
#include "schema/time.hpp"

#include <array>

namespace qnzs::simulator {

namespace hotline = adapters::hotline;
using schema::json::Array;
using schema::json::Object;

std::string record_of(const HotlineCall& call) {
  const schema::Timestamp started_at{schema::Instant(std::chrono::seconds(call.started_at))};
  return schema::json::write(
      Object{{"record_no", call.record_no},
             {"revision", call.revision},
             {"call", Object{{"started_at", schema::to_rfc3339(started_at)},
                             {"waited_ms", 4000},
                             {"talk_ms", 180'000},
                             {"disposition", "answered"},
                             {"operator", "0007"}}},
             {"person", Object{{"phone", call.phone}, {"age", 17}, {"confidential", true}}},
             {"matter", Object{{"kind", "求助"}, {"text", call.text}}},
             {"judgement", Object{{"urgency", call.urgency}}},
             {"transcript", Array{Object{{"start_ms", 0},
                                         {"end_ms", 2000},
                                         {"role", "caller"},
                                         {"text", call.text},
                                         {"confidence", 0.9}}}}});
}

std::vector<std::pair<std::string, std::string>> signed_headers(const HotlineDesk& desk,
                                                                std::string_view body,
                                                                std::int64_t timestamp) {
  std::array<std::uint8_t, 16> random{};
  schema::crypto::random_bytes(random);
  const auto nonce = schema::crypto::hex(random);
  const auto time = std::to_string(timestamp);
  const auto path = "/hotline/" + desk.account;
  const auto signature = hotline::sign(
      {.method = "POST", .path = path, .timestamp = time, .nonce = nonce, .body = body},
      desk.secret);
  return {{std::string(hotline::key_id_header), desk.key_id},
          {std::string(hotline::timestamp_header), time},
          {std::string(hotline::nonce_header), nonce},
          {std::string(hotline::signature_header), signature}};
}

}  // namespace qnzs::simulator
