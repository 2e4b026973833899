#include "tools/cli/replay_tally.hpp"

#include <ostream>

namespace qnzs::cli {
namespace {

constexpr std::size_t ids_max = 5;
constexpr std::size_t whys_max = 50;

constexpr std::array<const char*, fate_count> words{
    "重新发布",   "不在所选范围", "本身就是重发的", "已要求删除",    "已在消息主题上",
    "仍不能理解", "报文不完整",   "配置中没有账号", "不是我们的记录"};

}  // namespace

void ReplayTally::add(const kafka::ConsumedRecord& record, const Judged& judged) {
  auto& line = lines_.at(static_cast<std::size_t>(judged.fate));
  ++line.count;
  records_ += judged.records.size();
  if (judged.fate == Fate::not_understood && (why_.size() < whys_max || why_.contains(judged.why)))
    ++why_[judged.why];
  if (line.ids.size() >= ids_max || judged.fate == Fate::passed_over) return;
  line.ids.push_back(judged.records.empty() ? kafka::header_of(record, "ce_id")
                                            : judged.records.front().event.id);
}

void ReplayTally::tell(std::ostream& out) const {
  for (std::size_t i = 0; i < lines_.size(); ++i) {
    const auto& line = lines_.at(i);
    if (line.count == 0 && i != 0) continue;
    out << words.at(i) << ":" << line.count;
    if (i == 0 && records_ != line.count) out << "(消息 " << records_ << ")";
    for (const auto& id : line.ids) out << "  " << id;
    if (line.count > line.ids.size() && !line.ids.empty()) out << "  …";
    out << "\n";
  }
  for (const auto& [why, count] : why_) out << "  " << why << ":" << count << "\n";
}

}  // namespace qnzs::cli
