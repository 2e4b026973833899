#include "adapters/hotline/record.hpp"

#include "schema/codec.hpp"
#include "schema/json.hpp"

namespace qnzs::adapters::hotline {
namespace {

// A smaller record cannot become too large a document: its texts stand there twice at most.
constexpr std::size_t surely_small_bytes = 128 * 1024;

ReadRecord refused(std::string pointer, std::string what) {
  ReadRecord read;
  read.problems.push_back({std::move(pointer), std::move(what)});
  return read;
}

// What programs on a desk's computer write instead of UTF-8 is told by its name.
std::string why_no_json(std::string_view bytes, const std::string& reason) {
  if (bytes.starts_with("\xEF\xBB\xBF")) return "开头有 BOM:请存为不带 BOM 的 UTF-8";
  if (bytes.contains('\0')) return "含有 NUL,编码可能是 UTF-16:请存为不带 BOM 的 UTF-8";
  if (!schema::json::is_utf8(bytes))
    return "编码不是 UTF-8(可能是 GBK 或 UTF-16):请存为不带 BOM 的 UTF-8";
  return "不是合法的 JSON(" + reason + ")";
}

void name(ReadRecord& read, const schema::json::Value& record) {
  const auto* number = record.find("record_no");
  if (number != nullptr && number->text() != nullptr && number->text()->size() <= 512)
    read.record_no = *number->text();
  const auto* revision = record.find("revision");
  if (revision != nullptr) read.revision = integer_in(*revision).value_or(read.revision);
}

void add_flags(schema::Message& message, const support::Repairs& repairs) {
  if (repairs.control_characters_removed) message.flags.emplace_back("control_characters_removed");
  if (repairs.replacement_characters) message.flags.emplace_back("replacement_characters");
}

}  // namespace

ReadRecord read_record(std::string_view bytes, const Origin& origin) {
  const auto bytes_max = static_cast<std::size_t>(origin.settings.line_bytes_max);
  if (bytes.size() > bytes_max)
    return refused(
        "", "超过 " + std::to_string(bytes_max) + " 字节;转写过长时请改用 media.transcript_ref");
  auto record = schema::json::parse(bytes, {.bytes_max = bytes_max, .depth_max = record_depth_max});
  if (!record) return refused("", why_no_json(bytes, record.error().reason));
  support::Repairs repairs;
  clean(*record, repairs);
  ReadRecord read;
  name(read, *record);
  read.problems = check(*record);
  if (!read.problems.empty()) return read;
  auto message = normalise(*record, bytes, origin);
  add_flags(message, repairs);
  if (bytes.size() > surely_small_bytes &&
      schema::encode(message).size() > schema::document_bytes_max) {
    read.problems.push_back({"", "整理之后超过 512 KiB;转写过长时请改用 media.transcript_ref"});
    return read;
  }
  read.message = std::move(message);
  return read;
}

}  // namespace qnzs::adapters::hotline
