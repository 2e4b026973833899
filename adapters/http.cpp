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

}  // namespace

std::optional<std::string_view> header(const HttpRequest& request, std::string_view name) {
  const auto found = std::ranges::find_if(request.headers, [&](const HeaderView& field) {
    return equal_ignoring_case(field.first, name);
  });
  if (found == request.headers.end()) return std::nullopt;
  return found->second;
}

Query::Query(const HttpRequest& request) {
  parameters_.reserve(static_cast<std::size_t>(std::ranges::count(request.query, '&')) + 1);
  for (auto rest = request.query; !rest.empty();) {
    const auto pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    const auto sign = pair.find('=');
    const auto name = pair.substr(0, sign);
    parameters_.push_back(
        {.name = name,
         .value = sign == std::string_view::npos ? std::string_view() : pair.substr(sign + 1),
         .has_encoded_name = name.contains('%')});
  }
}

std::optional<std::string> Query::value(std::string_view name) const {
  const auto is_named = [name](const Parameter& parameter) {
    return parameter.has_encoded_name ? percent_decoded(parameter.name) == name
                                      : parameter.name == name;
  };
  const auto found = std::ranges::find_if(parameters_, is_named);
  if (found == parameters_.end()) return std::nullopt;
  if (std::find_if(std::next(found), parameters_.end(), is_named) != parameters_.end())
    return std::nullopt;
  return percent_decoded(found->value);
}

}  // namespace qnzs::adapters
