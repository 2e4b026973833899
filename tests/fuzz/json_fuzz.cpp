// libFuzzer: any bytes as JSON, as a message and as a dead letter. What is read is written as it
// was; what is a message stays the same message.
#include "schema/codec.hpp"
#include "schema/json.hpp"
#include "schema/validate.hpp"

namespace schema = qnzs::schema;

namespace {

void require(bool holds) {
  if (!holds) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto value = schema::json::parse(bytes)) {
    const auto written = schema::json::write(*value);
    const auto again = schema::json::parse(written, {.bytes_max = SIZE_MAX});
    require(again.has_value() && schema::json::write(*again) == written);
    require(schema::json::parse(schema::json::write_pretty(*value), {.bytes_max = SIZE_MAX})
                .has_value());
  }
  if (const auto message = schema::decode(bytes); message && schema::validate(*message).empty()) {
    const auto again = schema::decode(schema::encode(*message));
    require(again.has_value() && *again == *message);
  }
  if (const auto letter = schema::decode_dead_letter(bytes)) {
    const auto again = schema::decode_dead_letter(schema::encode(*letter));
    require(again.has_value() && *again == *letter);
  }
  return 0;
}
