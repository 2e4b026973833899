#include "adapters/http.hpp"

#include <algorithm>

namespace qnzs::adapters {
namespace {

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

bool equal_ignoring_case(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right, {}, lower, lower);
}

int hex_value(char letter) {
  if (letter >= '0' && letter <= '9') return letter - '0';
  const char low = lower(letter);
  return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  if (!text.contains('%')) return std::string(text);
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded.push_back(text[i]);
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = hex_value(text[i + 1]);
    const int low = hex_value(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded.push_back(static_cast<char>(high * 16 + low));
    i += 2;
  }
  return decoded;
}

bool is_encoding_of(std::string_view text, std::string_view name) {
  return text == name || (text.contains('%') && percent_decoded(text) == name);
}

}  // namespace

std::optional<std::string_view> header(const HttpRequest& request, std::string_view name) {
  const auto found = std::ranges::find_if(request.headers, [&](const HeaderView& field) {
    return equal_ignoring_case(field.first, name);
  });
  if (found == request.headers.end()) return std::nullopt;
  return found->second;
}

std::optional<std::string> query(const HttpRequest& request, std::string_view name) {
  std::optional<std::string> value;
  for (auto rest = request.query; !rest.empty();) {
    const auto pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    const auto sign = pair.find('=');
    if (!is_encoding_of(pair.substr(0, sign), name)) continue;
    if (value) return std::nullopt;
    value = percent_decoded(sign == std::string_view::npos ? "" : pair.substr(sign + 1));
    if (!value) return std::nullopt;
  }
  return value;
}

}  // namespace qnzs::adapters
