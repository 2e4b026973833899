#include "adapters/adapter.hpp"

#include "schema/crypto.hpp"
#include "schema/json.hpp"

namespace qnzs::adapters {
namespace {

constexpr const char* reads_none_again = "this channel reads no dead letter again";
constexpr std::size_t media_type_bytes_max = 200;

// What the caller says the body is, if that can stand in a document.
std::string media_type_of(const HttpRequest& request) {
  const auto told = header(request, "Content-Type").value_or("");
  const bool is_fit = !told.empty() && told.size() <= media_type_bytes_max &&
                      schema::json::is_utf8(told) && !told.contains('\0');
  return is_fit ? std::string(told) : "application/octet-stream";
}

}  // namespace

schema::Result<Received> Webhook::receive_again(const HttpRequest& /*request*/) const {
  return schema::fail(schema::Fault::unsupported, reads_none_again);
}

schema::Result<std::vector<schema::Message>> Poll::read_again(
    std::string_view /*payload*/, const schema::Timestamp& /*received_at*/) const {
  return schema::fail(schema::Fault::unsupported, reads_none_again);
}

schema::DeadLetter dead_letter(const HttpRequest& request, Aside aside) {
  schema::DeadLetter letter;
  letter.channel = schema::ChannelName(std::string(aside.channel));
  letter.account = schema::AccountName(std::string(aside.account));
  letter.site = std::move(aside.site);
  letter.reason = std::move(aside.reason);
  letter.detail = std::move(aside.detail);
  letter.media_type = media_type_of(request);
  letter.payload = request.body.substr(0, aside.payload_bytes_max);
  letter.payload_bytes = static_cast<std::int64_t>(request.body.size());
  letter.payload_sha256 = schema::crypto::hex(schema::crypto::sha256({request.body}));
  letter.received_at = request.received_at;
  return letter;
}

}  // namespace qnzs::adapters
