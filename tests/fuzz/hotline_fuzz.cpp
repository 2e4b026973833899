// libFuzzer: any bytes as rightly signed lines, and as a file of the folder. Nothing may crash;
// what is accepted must be valid, small enough, and encode and decode to itself; no byte of a file
// may be passed over twice or skipped.
#include "adapters/hotline/batch.hpp"
#include "adapters/hotline/folder_cursor.hpp"
#include "adapters/hotline/folder_piece.hpp"
#include "schema/codec.hpp"
#include "schema/validate.hpp"

namespace hotline = qnzs::adapters::hotline;
namespace schema = qnzs::schema;

namespace {

void read_as_lines(std::string_view bytes) {
  static const hotline::Settings settings = [] {
    hotline::Settings made;
    made.account = "a";
    return made;
  }();
  static const schema::Identity identity(std::string(32, 'k'));
  static const qnzs::adapters::Installation installation{
      .site = {schema::SiteCode("s"), "s", "410000"}, .identity = &identity};
  hotline::Batch batch({.settings = settings,
                        .installation = installation,
                        .received_at = {},
                        .verification = {.method = "hmac_sha256", .ok = true, .key_id = "k"}});
  for (const auto& line : hotline::lines_of(bytes)) batch.add(line);
  if (!schema::json::parse(batch.answer(), {.bytes_max = SIZE_MAX})) __builtin_trap();
  for (const auto& message : batch.take_messages()) {
    if (!schema::validate(message).empty()) __builtin_trap();
    const auto document = schema::encode(message);
    const auto decoded = schema::decode(document);
    if (!decoded || *decoded != message) __builtin_trap();
  }
}

void read_as_file(std::string_view bytes) {
  hotline::FileCursor cursor;
  for (;;) {
    const auto piece = hotline::take_piece(cursor, bytes.substr(cursor.offset),
                                           {.is_end = true, .is_resting = true},
                                           {.line_bytes_max = 64, .lines_max = 3});
    if (piece.next.offset > bytes.size() || piece.next.offset < cursor.offset) __builtin_trap();
    for (const auto& line : piece.lines) {
      if (line.bytes.size() > 64) __builtin_trap();
    }
    if (piece.next == cursor) return;
    cursor = piece.next;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  read_as_lines(bytes);
  read_as_file(bytes);
  hotline::read_cursor(bytes);
  return 0;
}
