#include "adapters/hotline/check.hpp"

#include "schema/time.hpp"

#include <algorithm>
#include <optional>

namespace qnzs::adapters::hotline {
namespace {

using schema::json::Array;
using schema::json::Object;
using schema::json::Value;

std::string escaped(std::string_view name) {
  std::string token;
  for (const char letter : name) {
    if (letter == '~') {
      token += "~0";
    } else if (letter == '/') {
      token += "~1";
    } else {
      token += letter;
    }
  }
  return token;
}

std::int64_t characters_in(std::string_view text) {
  return std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; });
}

bool is_phone(std::string_view text) {
  std::string rest(text);
  for (auto at = rest.find("转"); at != std::string::npos; at = rest.find("转"))
    rest.replace(at, std::string_view("转").size(), "0");
  return rest.size() <= 32 && rest.find_first_not_of("-+*#() 0123456789") == std::string::npos;
}

bool is_digest(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string all_of(std::span<const std::string_view> choices) {
  std::string list;
  for (const auto choice : choices) list.append(list.empty() ? "" : " ").append(choice);
  return list;
}

class Check {
 public:
  void members(std::string_view pointer, const Object& object, std::span<const Member> known) {
    for (const auto& [name, value] : object) {
      if (std::ranges::find(known, name, &Member::name) == known.end())
        note(std::string(pointer) + "/" + escaped(name),
             "没有这一项;名字写错了请改正,自有的项目请放进 extra");
    }
    for (const auto& member : known) {
      const auto found = std::ranges::find(object, member.name, &schema::json::Member::first);
      const auto place = std::string(pointer) + "/" + std::string(member.name);
      if (found == object.end()) {
        if (member.is_required) note(place, "缺少此项");
      } else if (!found->second.is_null() || member.is_required) {
        value(place, found->second, member);
      }
    }
  }

  void note(std::string pointer, std::string what) {
    if (problems.size() < problems_named_max)
      problems.push_back({std::move(pointer), std::move(what)});
  }

  std::vector<Problem> problems;

 private:
  void value(const std::string& place, const Value& given, const Member& member) {
    switch (member.shape) {
      case Shape::text:
        return text(place, given, member.min, member.max);
      case Shape::phone:
        return form(place, given, is_phone, "应为写成文字的电话号码,只含数字、+ - * # ( ) 与 转");
      case Shape::time:
        return form(
            place, given,
            [](std::string_view text) { return schema::parse_rfc3339(text).has_value(); },
            "应为带时区的时间,如 2026-11-24T08:00:00+08:00");
      case Shape::digest:
        return form(place, given, is_digest, "应为 64 个小写十六进制数字 (SHA-256)");
      case Shape::word:
        return word(place, given, member.choices);
      case Shape::integer:
        return integer(place, given, member);
      case Shape::real:
        return real(place, given);
      case Shape::flag:
        if (given.boolean() == nullptr) note(place, "应为 true 或 false");
        return;
      case Shape::texts:
        return list(place, given, member.max, [&](const std::string& at, const Value& item) {
          text(at, item, 0, texts_characters_max);
        });
      case Shape::object:
        if (const auto* object = object_in(place, given)) members(place, *object, member.members);
        return;
      case Shape::objects:
        return list(place, given, member.max, [&](const std::string& at, const Value& item) {
          if (const auto* object = object_in(at, item)) members(at, *object, member.members);
        });
      case Shape::free:
        object_in(place, given);
        return;
    }
  }

  void text(const std::string& place, const Value& given, std::int64_t min, std::int64_t max) {
    const auto* text = given.text();
    if (text == nullptr) return note(place, "应为文字,请加引号");
    const auto characters = characters_in(*text);
    if (characters < min) note(place, "不可为空");
    if (characters > max) note(place, "至多 " + std::to_string(max) + " 个字");
  }

  template <class Accepts>
  void form(const std::string& place, const Value& given, Accepts accepts, const char* hint) {
    const auto* text = given.text();
    if (text == nullptr || !accepts(*text)) note(place, hint);
  }

  void word(const std::string& place, const Value& given,
            std::span<const std::string_view> choices) {
    const auto* text = given.text();
    if (text == nullptr || std::ranges::find(choices, *text) == choices.end())
      note(place, "应为以下之一:" + all_of(choices));
  }

  void integer(const std::string& place, const Value& given, const Member& member) {
    const auto number = integer_in(given);
    if (!number) return note(place, "应为整数,不加引号");
    if (*number < member.min || *number > member.max)
      note(place,
           "应在 " + std::to_string(member.min) + " 与 " + std::to_string(member.max) + " 之间");
  }

  void real(const std::string& place, const Value& given) {
    const auto* whole = given.integer();
    const auto* fraction = given.real();
    if (whole == nullptr && fraction == nullptr) return note(place, "应为数字,不加引号");
    const double number = whole != nullptr ? static_cast<double>(*whole) : *fraction;
    if (!(number >= 0 && number <= 1)) note(place, "应在 0 与 1 之间");
  }

  template <class Each>
  void list(const std::string& place, const Value& given, std::int64_t max, Each each) {
    const auto* items = given.array();
    if (items == nullptr) return note(place, "应为数组");
    if (std::cmp_greater(items->size(), max))
      return note(place, "至多 " + std::to_string(max) + " 项");
    for (std::size_t i = 0; i < items->size(); ++i)
      each(place + "/" + std::to_string(i), (*items)[i]);
  }

  const Object* object_in(const std::string& place, const Value& given) {
    const auto* object = given.object();
    if (object == nullptr) note(place, "应为对象");
    return object;
  }
};

// What a JSON Schema cannot say.
void check_order_of_times(const Value& record, Check& check) {
  const auto* transcript = record.find("transcript");
  if (transcript == nullptr || transcript->array() == nullptr) return;
  for (std::size_t i = 0; i < transcript->array()->size(); ++i) {
    const auto& segment = (*transcript->array())[i];
    const auto* start = segment.find("start_ms");
    const auto* end = segment.find("end_ms");
    if (start == nullptr || end == nullptr) continue;
    const auto from = integer_in(*start);
    const auto until = integer_in(*end);
    if (from && until && *until < *from)
      check.note("/transcript/" + std::to_string(i) + "/end_ms", "早于 start_ms");
  }
}

// The object that has a name which no text of ours may hold, as its pointer. Such a name is in no
// pointer itself: .rejected files and answers show pointers.
std::optional<std::string> with_unclean_name(const Value& tree, const std::string& place) {
  if (const auto* items = tree.array()) {
    for (std::size_t i = 0; i < items->size(); ++i) {
      if (auto found = with_unclean_name((*items)[i], place + "/" + std::to_string(i)))
        return found;
    }
  } else if (const auto* members = tree.object()) {
    for (const auto& [name, value] : *members) {
      if (!support::is_clean_text(name)) return place;
      if (auto found = with_unclean_name(value, place + "/" + escaped(name))) return found;
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::int64_t> integer_in(const Value& value) {
  if (const auto* integer = value.integer()) return *integer;
  const auto* real = value.real();
  if (real == nullptr || *real < -9e15 || *real > 9e15) return std::nullopt;
  const auto integer = static_cast<std::int64_t>(*real);
  return static_cast<double>(integer) == *real ? std::optional(integer) : std::nullopt;
}

std::vector<Problem> check(const Value& record) {
  const auto* object = record.object();
  if (object == nullptr) return {{"", "一条记录应为一个 JSON 对象"}};
  if (auto place = with_unclean_name(record, ""))
    return {{*std::move(place), "其中有一项的名字含有控制字符,请去掉"}};
  Check check;
  check.members("", *object, call_record());
  check_order_of_times(record, check);
  return std::move(check.problems);
}

void clean(Value& tree, support::Repairs& repairs) {
  if (auto* text = tree.text(); text != nullptr && !support::is_clean_text(*text)) {
    tree = support::clean_text(*text, repairs);
  } else if (auto* items = tree.array()) {
    for (auto& item : *items) clean(item, repairs);
  } else if (auto* members = tree.object()) {
    for (auto& member : *members) clean(member.second, repairs);
  }
}

}  // namespace qnzs::adapters::hotline
