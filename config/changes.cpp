#include "config/changes.hpp"

#include "config/gateway_fields.hpp"

#include <algorithm>

namespace qnzs::config {
namespace {

template <class S>
bool differs(const Field<S>& field, const S& running, const S& fresh) {
  if (field.is_live) return false;
  return std::visit([&](auto member) { return running.*member != fresh.*member; }, field.member);
}

template <class S>
void note(const Section<S>& section, const S& running, const S& fresh,
          std::vector<std::string>& found) {
  for (const auto& field : section.fields) {
    if (differs(field, running, fresh))
      found.push_back(std::string(section.name) + "." + std::string(field.key));
  }
}

// A list is told as a whole: its parts have no names.
template <class S>
void note(const Section<S>& section, const std::vector<S>& running, const std::vector<S>& fresh,
          std::vector<std::string>& found) {
  if (std::ranges::all_of(section.fields, &Field<S>::is_live)) return;
  const bool is_same = std::ranges::equal(running, fresh, [&](const S& one, const S& other) {
    return std::ranges::none_of(section.fields,
                                [&](const Field<S>& field) { return differs(field, one, other); });
  });
  if (!is_same) found.emplace_back(section.name);
}

}  // namespace

std::vector<std::string> changed_until_restart(const GatewaySettings& running,
                                               const GatewaySettings& fresh) {
  std::vector<std::string> found;
  for_each_section([&](const auto& section, auto member) {
    note(section, running.*member, fresh.*member, found);
  });
  // Other files of a certificate are live; whether there is a TLS port is not.
  if (running.http.tls_certificate_file.empty() != fresh.http.tls_certificate_file.empty())
    found.emplace_back("http.tls_certificate_file");
  return found;
}

}  // namespace qnzs::config
