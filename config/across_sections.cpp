#include "config/gateway_fields.hpp"
#include "config/network.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

namespace qnzs::config {
namespace {

// A port that would be opened.
struct Listener {
  std::string_view address_key, port_key;
  const std::string& address;
  std::int64_t port;
  bool is_on;
};

// 0.0.0.0 and :: take the port on every address; :: also on those of IPv4.
bool is_everywhere(const IpAddress& address) {
  return address == parse_address("0.0.0.0") || address == parse_address("::");
}

bool clash(const Listener& one, const Listener& other) {
  if (!one.is_on || !other.is_on || one.port != other.port || one.port == 0) return false;
  const auto left = parse_address(one.address), right = parse_address(other.address);
  return left && right && (left == right || is_everywhere(*left) || is_everywhere(*right));
}

void check_listeners(const GatewaySettings& settings, std::vector<SectionProblem>& found) {
  const auto& http = settings.http;
  const auto& admin = settings.admin;
  const bool has_tls = !http.tls_certificate_file.empty();
  const std::array<Listener, 3> listeners{{{"http.listen_address", "http.listen_port",
                                            http.listen_address, http.listen_port, http.plain},
                                           {"http.tls_listen_address", "http.tls_listen_port",
                                            http.tls_listen_address, http.tls_listen_port, has_tls},
                                           {"admin.listen_address", "admin.listen_port",
                                            admin.listen_address, admin.listen_port, true}}};
  for (std::size_t i = 1; i < listeners.size(); ++i) {
    for (const auto& earlier : std::span(listeners).first(i)) {
      if (!clash(earlier, listeners[i])) continue;
      found.push_back({std::string(listeners[i].port_key),
                       "与 " + std::string(earlier.port_key) + " 是同一个端口 " +
                           std::to_string(earlier.port) + ",地址也重叠,请改一个",
                       {earlier.port_key, earlier.address_key, listeners[i].address_key,
                        "http.plain", "http.tls_certificate_file"}});
      break;
    }
  }
}

// Without somebody to wake, the refusal itself is said in the log just as an alarm would be.
void check_alarm_comes_first(const GatewaySettings& settings, std::vector<SectionProblem>& found) {
  const auto& alarm = settings.alarm;
  const auto& journal = settings.journal;
  if (alarm.command.empty() && alarm.webhook_url.empty()) return;
  if (alarm.journal_percent_max >= journal.refuse_at_percent)
    found.push_back({"alarm.journal_percent_max",
                     "须小于 journal.refuse_at_percent(现为 " +
                         std::to_string(journal.refuse_at_percent) + "),否则拒收之前不会报警",
                     {"journal.refuse_at_percent"}});
  if (alarm.disk_free_mib_min > 0 && alarm.disk_free_mib_min <= journal.disk_free_mib_min)
    found.push_back({"alarm.disk_free_mib_min",
                     "须大于 journal.disk_free_mib_min(现为 " +
                         std::to_string(journal.disk_free_mib_min) + "),否则拒收之前不会报警",
                     {"journal.disk_free_mib_min"}});
}

// A topic that was deleted gets again what the journal holds and readers do not see there: what
// Kafka has let go by its age is not seen there either.
void check_kafka_keeps_longer(const GatewaySettings& settings, std::vector<SectionProblem>& found) {
  const auto& kafka = settings.kafka;
  const std::array<std::pair<std::string, std::int64_t>, 2> topics{
      {{"kafka.messages_keep_days", kafka.messages_keep_days},
       {"kafka.dead_letters_keep_days", kafka.dead_letters_keep_days}}};
  for (const auto& [key, days] : topics) {
    if (days * 24 >= settings.journal.body_keep_hours) continue;
    found.push_back({key,
                     "须不短于 journal.body_keep_hours(现为 " +
                         std::to_string(settings.journal.body_keep_hours) +
                         "),否则主题丢失后补发时,会再发 Kafka 已按期删去的",
                     {"journal.body_keep_hours"}});
  }
}

}  // namespace

std::vector<SectionProblem> across_sections(const GatewaySettings& settings) {
  std::vector<SectionProblem> found;
  check_listeners(settings, found);
  check_alarm_comes_first(settings, found);
  check_kafka_keeps_longer(settings, found);
  return found;
}

}  // namespace qnzs::config
