#include "schema/json.hpp"

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <charconv>
#include <cmath>

// The only file that knows RapidJSON, and only its SAX reader: its document neither compiles under
// clang 19 nor compares safely, and its number conversion reads out of bounds on hostile input. So
// numbers come as text and are converted here.
namespace qnzs::schema::json {
namespace {

constexpr unsigned flags = rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseIterativeFlag |
                           rapidjson::kParseValidateEncodingFlag;

// Builds the tree from the reader's events. Returns false to stop the reader; `problem` says why.
class Builder {
 public:
  using Ch = char;
  explicit Builder(std::size_t depth_max) : depth_max_(depth_max) {}

  bool Null() { return add(nullptr); }
  bool Bool(bool flag) { return add(flag); }
  bool RawNumber(const char* text, rapidjson::SizeType size, bool) { return number({text, size}); }
  bool String(const char* text, rapidjson::SizeType size, bool) {
    // The reader lets a lone low surrogate through as an escape.
    if (!is_utf8({text, size})) return stop("a lone surrogate");
    return add(std::string(text, size));
  }
  bool Key(const char* text, rapidjson::SizeType size, bool) {
    if (!is_utf8({text, size})) return stop("a lone surrogate");
    open_.back().name.assign(text, size);
    return true;
  }
  bool StartObject() { return begin(Object{}); }
  bool EndObject(rapidjson::SizeType) {
    return has_unique_names(*open_.back().value.object()) ? end() : stop("a member name twice");
  }
  bool StartArray() { return begin(Array{}); }
  bool EndArray(rapidjson::SizeType) { return end(); }
  // Numbers come as text; the reader needs these to exist.
  bool Int(int) { return false; }
  bool Uint(unsigned) { return false; }
  bool Int64(std::int64_t) { return false; }
  bool Uint64(std::uint64_t) { return false; }
  bool Double(double) { return false; }

  Value root;
  std::string_view problem;

 private:
  struct Open {
    Value value;
    std::string name;  // of the member whose value comes next
  };

  // Sorted, not pairwise: a hostile object has many members.
  static bool has_unique_names(const Object& members) {
    std::vector<std::string_view> names;
    names.reserve(members.size());
    for (const auto& member : members) names.push_back(member.first);
    std::ranges::sort(names);
    return std::ranges::adjacent_find(names) == names.end();
  }

  bool stop(std::string_view why) {
    problem = why;
    return false;
  }

  bool number(std::string_view text) {
    const auto* const last = text.data() + text.size();
    if (text.find_first_of(".eE") == std::string_view::npos) {
      std::int64_t integer = 0;
      const auto [stopped, error] = std::from_chars(text.data(), last, integer);
      if (error != std::errc{} || stopped != last) return stop("an integer beyond 64 bits");
      return add(integer);
    }
    double real = 0;
    const auto [stopped, error] = std::from_chars(text.data(), last, real);
    if (error != std::errc{} || stopped != last || !std::isfinite(real))
      return stop("a number out of range");
    return add(real);
  }

  bool add(Value value) {
    if (open_.empty()) {
      root = std::move(value);
      return true;
    }
    auto& open = open_.back();
    if (auto* const items = open.value.array()) {
      items->push_back(std::move(value));
    } else {
      open.value.object()->emplace_back(std::move(open.name), std::move(value));
    }
    return true;
  }

  bool begin(Value container) {
    if (open_.size() >= depth_max_) return stop("nested too deeply");
    open_.push_back({std::move(container), {}});
    return true;
  }

  bool end() {
    auto done = std::move(open_.back().value);
    open_.pop_back();
    return add(std::move(done));
  }

  std::size_t depth_max_;
  std::vector<Open> open_;
};

}  // namespace

const Value* Value::find(std::string_view name) const {
  const auto* const members = object();
  if (members == nullptr) return nullptr;
  const auto found = std::ranges::find(*members, name, &Member::first);
  return found == members->end() ? nullptr : &found->second;
}

Result<Value> parse(std::string_view text, const Limits& limits) {
  if (text.size() > limits.bytes_max) return fail(Fault::too_large, "JSON document too large");
  // The reader treats NUL as the end of the text.
  if (const auto nul = text.find('\0'); nul != std::string_view::npos) {
    return fail(Fault::malformed, "JSON: NUL at byte " + std::to_string(nul));
  }
  rapidjson::MemoryStream stream(text.data(), text.size());
  rapidjson::GenericReader<rapidjson::UTF8<>, rapidjson::UTF8<>> reader;
  Builder builder(limits.depth_max);
  const auto result = reader.Parse<flags>(stream, builder);
  if (result.IsError()) {
    const std::string_view why =
        builder.problem.empty() ? rapidjson::GetParseError_En(result.Code()) : builder.problem;
    return fail(Fault::malformed,
                "JSON: " + std::string(why) + " at byte " + std::to_string(result.Offset()));
  }
  return std::move(builder.root);
}

}  // namespace qnzs::schema::json
