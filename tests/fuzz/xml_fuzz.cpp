// libFuzzer: any bytes as a platform's XML. What is parsed keeps to the limits, and its texts are
// such that a message may hold them.
#include "adapters/support/xml.hpp"
#include "schema/json.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>

namespace support = qnzs::adapters::support;

namespace {

constexpr support::XmlLimits limits{.depth_max = 5, .elements_max = 40};

bool may_be_told(std::string_view text) {
  const auto is_control = [](char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r';
  };
  return qnzs::schema::json::is_utf8(text) && std::ranges::none_of(text, is_control);
}

std::size_t look_at(const support::XmlElement& element, std::size_t depth) {
  if (depth > limits.depth_max || element.name.empty() || !may_be_told(element.text))
    __builtin_trap();
  std::size_t count = 1;
  for (const auto& child : element.children) count += look_at(child, depth + 1);
  return count;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  support::XmlDocument moved;  // its views must be right when what it came from is gone
  {
    auto parsed = support::parse_xml({reinterpret_cast<const char*>(data), size}, limits);
    if (!parsed) return 0;
    moved = *std::move(parsed);
  }
  if (look_at(moved.root, 1) > limits.elements_max) __builtin_trap();
  return 0;
}
