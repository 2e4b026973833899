#include "adapters/hotline/batch.hpp"

#include "schema/json.hpp"

#include <algorithm>
#include <utility>

namespace qnzs::adapters::hotline {

std::vector<Line> lines_of(std::string_view text) {
  std::vector<Line> lines;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.find_first_not_of(" \t") != std::string_view::npos) lines.push_back({number, line});
  }
  return lines;
}

void Batch::add(const Line& line) {
  Entry entry{.line = line.number, .read = read_record(line.bytes, origin_)};
  if (entry.read.message) compare_with_earlier(entry);
  if (entry.read.message) ++accepted_;
  entries_.push_back(std::move(entry));
}

void Batch::compare_with_earlier(Entry& entry) const {
  const auto same = std::ranges::find_if(entries_, [&](const Entry& earlier) {
    return earlier.read.message && earlier.read.message->id == entry.read.message->id;
  });
  if (same == entries_.end()) return;
  auto theirs = *same->read.message;
  theirs.raw = entry.read.message->raw;  // white space and order are nobody's message
  if (theirs == *entry.read.message) {
    entry.is_repeat = true;
    return;
  }
  entry.read.message.reset();
  entry.read.problems.push_back(
      {"/revision",
       "与第 " + std::to_string(same->line) + " 行同号同版本而内容不同;更正的记录须加大 revision"});
}

std::string Batch::answer() const {
  std::string text;
  schema::json::Writer out(text);
  out.begin_object();
  out.name("accepted");
  out.integer(static_cast<std::int64_t>(accepted_));
  out.name("refused");
  out.integer(static_cast<std::int64_t>(entries_.size() - accepted_));
  out.name("results");
  out.begin_array();
  for (const auto& [line, read, is_repeat] : entries_) {
    out.begin_object();
    out.name("line");
    out.integer(static_cast<std::int64_t>(line));
    if (!read.record_no.empty()) {
      out.name("record_no");
      out.text(read.record_no);
      out.name("revision");
      out.integer(read.revision);
    }
    out.name("accepted");
    out.boolean(read.message.has_value());
    if (read.message) {
      out.name("message_id");
      out.text(read.message->id.hex());
    } else {
      out.name("problems");
      out.begin_array();
      for (const auto& problem : read.problems) {
        out.begin_object();
        out.name("pointer");
        out.text(problem.pointer);
        out.name("what");
        out.text(problem.what);
        out.end_object();
      }
      out.end_array();
    }
    out.end_object();
  }
  out.end_array();
  out.end_object();
  return text;
}

std::vector<schema::Message> Batch::take_messages() {
  std::vector<schema::Message> messages;
  messages.reserve(accepted_);
  for (auto& entry : entries_) {
    if (entry.read.message && !entry.is_repeat)
      messages.push_back(*std::exchange(entry.read.message, std::nullopt));
  }
  return messages;
}

schema::Result<std::vector<schema::Message>> read_again(std::string_view payload,
                                                        const schema::Timestamp& received_at,
                                                        const Settings& settings,
                                                        const Installation& installation) {
  Batch batch({.settings = settings,
               .installation = installation,
               .received_at = received_at,
               .verification = {.method = "none", .ok = false, .key_id = {}}});
  const bool is_one = schema::json::parse(payload).has_value();
  for (const auto& line : is_one ? std::vector<Line>{{1, payload}} : lines_of(payload))
    batch.add(line);
  if (batch.accepted() == 0) return schema::fail(schema::Fault::malformed, "record_refused");
  return batch.take_messages();
}

}  // namespace qnzs::adapters::hotline
