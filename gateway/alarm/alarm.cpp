#include "gateway/alarm/alarm.hpp"

#include "schema/crypto.hpp"
#include "schema/json.hpp"

#include <array>
#include <span>

namespace qnzs::alarm {
namespace {

constexpr std::string_view document_schema = "qnzs.alarm/1";
constexpr std::size_t id_bytes = 16;

// Nothing personal goes in, so that a plain digest will do.
std::string id_of(const Alarm& alarm, std::string_view gateway) {
  const auto since = std::to_string(alarm.since.time_since_epoch().count());
  const auto digest =
      schema::crypto::sha256({gateway, "\n", word(alarm.kind), "\n", alarm.subject, "\n", since});
  return schema::crypto::hex(std::span(digest).first(id_bytes));
}

}  // namespace

std::string_view word(Kind kind) {
  static constexpr std::array<std::string_view, kind_count> words{
      "oldest_queued", "disk_low", "journal_refuses", "unauthentic", "test"};
  return words.at(static_cast<std::size_t>(kind));
}

std::string_view word(Phase phase) {
  static constexpr std::array<std::string_view, 3> words{"raised", "repeated", "cleared"};
  return words.at(static_cast<std::size_t>(phase));
}

std::string document(const Alarm& alarm, std::string_view gateway) {
  using schema::json::Object;
  Object numbers;
  for (const auto& [name, value] : alarm.numbers) numbers.emplace_back(name, value);
  Object all{{"schema", document_schema},
             {"id", id_of(alarm, gateway)},
             {"alarm", word(alarm.kind)},
             {"phase", word(alarm.phase)},
             {"gateway", gateway}};
  if (!alarm.subject.empty()) all.emplace_back("subject", alarm.subject);
  all.emplace_back("since", schema::to_rfc3339({.at = alarm.since}));
  all.emplace_back("at", schema::to_rfc3339({.at = alarm.at}));
  all.emplace_back("summary", alarm.summary);
  all.emplace_back("numbers", std::move(numbers));
  return schema::json::write(std::move(all));
}

}  // namespace qnzs::alarm
