#include "adapters/hotline/call_record.hpp"
#include "schema/json.hpp"

namespace qnzs::adapters::hotline {
namespace {

using schema::json::Array;
using schema::json::Object;

Object object_of(std::span<const Member> members);

// `type`, which may be null unless the member is required.
void put_type(Object& rules, const char* type, const Member& member) {
  if (member.is_required) {
    rules.emplace_back("type", type);
  } else {
    rules.emplace_back("type", Array{type, "null"});
  }
}

void put_text(Object& rules, const Member& member) {
  put_type(rules, "string", member);
  if (member.min > 0) rules.emplace_back("minLength", member.min);
  rules.emplace_back("maxLength", member.max);
}

void put_words(Object& rules, const Member& member) {
  Array words;
  for (const auto choice : member.choices) words.emplace_back(choice);
  if (!member.is_required) words.emplace_back(nullptr);
  rules.emplace_back("enum", std::move(words));
}

void put_list(Object& rules, const Member& member, Object items) {
  put_type(rules, "array", member);
  rules.emplace_back("maxItems", member.max);
  rules.emplace_back("items", std::move(items));
}

void put_patterned(Object& rules, const Member& member, const char* pattern) {
  put_type(rules, "string", member);
  rules.emplace_back("pattern", pattern);
}

Object rules_of(const Member& member) {
  Object rules{{"description", member.description}};
  switch (member.shape) {
    case Shape::text:
      put_text(rules, member);
      break;
    case Shape::phone:
      put_patterned(rules, member, "^[-+*#() 0-9转]{0,32}$");
      break;
    case Shape::time:
      put_patterned(rules, member,
                    "^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?"
                    "([Zz]|[+-][0-9]{2}:[0-9]{2})$");
      rules.emplace_back("format", "date-time");
      break;
    case Shape::integer:
      put_type(rules, "integer", member);
      rules.emplace_back("minimum", member.min);
      rules.emplace_back("maximum", member.max);
      break;
    case Shape::real:
      put_type(rules, "number", member);
      rules.emplace_back("minimum", 0);
      rules.emplace_back("maximum", 1);
      break;
    case Shape::flag:
      put_type(rules, "boolean", member);
      break;
    case Shape::word:
      put_words(rules, member);
      break;
    case Shape::digest:
      put_patterned(rules, member, "^[0-9a-f]{64}$");
      break;
    case Shape::texts:
      put_list(rules, member, {{"type", "string"}, {"maxLength", texts_characters_max}});
      break;
    case Shape::object: {
      put_type(rules, "object", member);
      for (auto& rule : object_of(member.members)) rules.push_back(std::move(rule));
      break;
    }
    case Shape::objects: {
      Object item{{"type", "object"}};
      for (auto& rule : object_of(member.members)) item.push_back(std::move(rule));
      put_list(rules, member, std::move(item));
      break;
    }
    case Shape::free:
      put_type(rules, "object", member);
      break;
  }
  return rules;
}

Object object_of(std::span<const Member> members) {
  Object properties;
  Array required;
  for (const auto& member : members) {
    properties.emplace_back(member.name, rules_of(member));
    if (member.is_required) required.emplace_back(member.name);
  }
  Object rules;
  if (!required.empty()) rules.emplace_back("required", std::move(required));
  rules.emplace_back("properties", std::move(properties));
  rules.emplace_back("additionalProperties", false);
  return rules;
}

}  // namespace

std::string call_record_schema() {
  Object document{
      {"$schema", "https://json-schema.org/draft/2020-12/schema"},
      {"$id", "urn:qnzs:schema:hotline-call-record:1"},
      {"title", "12355 通话记录"},
      {"description",
       "服务台交给青年之声的一条通话记录。时间一律为 RFC 3339,带时区。未知的项目会被指出并拒收;"
       "自有的项目放进 extra。不知道的项目不写,或写 null。"},
      {"type", "object"}};
  for (auto& rule : object_of(call_record())) document.push_back(std::move(rule));
  return schema::json::write_pretty(document) + "\n";
}

}  // namespace qnzs::adapters::hotline
