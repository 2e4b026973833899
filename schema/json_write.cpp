#include "schema/json.hpp"
#include "schema/scan.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <cmath>

// Writing is ours: long runs of plain text are appended whole, which costs a fraction of a writer
// that looks at each character through a stream (tools/bench/README.md).
namespace qnzs::schema::json {
namespace {

bool must_escape(unsigned char byte) {
  return byte < 0x20 || byte == '"' || byte == '\\';
}

void append_escape(std::string& out, char c) {
  constexpr std::string_view digits = "0123456789abcdef";
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\b':
      out += "\\b";
      return;
    case '\f':
      out += "\\f";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      out += "\\u00";
      out += digits[static_cast<std::uint8_t>(c) >> 4];
      out += digits[static_cast<std::uint8_t>(c) & 15];
  }
}

void append_text(std::string& out, std::string_view text) {
  auto run = ordinary_run(text, must_escape);
  if (run == text.size()) {  // almost always: one step with one look at the capacity
    const auto at = out.size();
    const auto size = at + run + 2;  // libstdc++ 12 hands over the capacity instead
    out.resize_and_overwrite(size, [&](char* to, std::size_t) {
      to[at] = '"';
      std::copy_n(text.data(), run, to + at + 1);
      to[at + 1 + run] = '"';
      return size;
    });
    return;
  }
  out += '"';
  for (; run < text.size(); run = ordinary_run(text, must_escape)) {
    out.append(text, 0, run);
    append_escape(out, text[run]);
    text.remove_prefix(run + 1);
  }
  out += text;
  out += '"';
}

template <class Number>
void append_number(std::string& out, Number number) {
  std::array<char, 40> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
  assert(error == std::errc{});
  out.append(buffer.data(), end);
}

void append_real(std::string& out, double number) {
  assert(std::isfinite(number));
  const auto start = out.size();
  append_number(out, number);
  // 3.0 must stay a real when it is read again.
  if (out.find_first_of(".e", start) == std::string::npos) out += ".0";
}

void pretty(std::string& out, const Value& value, std::size_t depth) {
  const auto line = [&](std::size_t level) { out.append("\n").append(2 * level, ' '); };
  if (const auto* const items = value.array(); items != nullptr && !items->empty()) {
    out += '[';
    for (const auto& item : *items) {
      if (&item != items->data()) out += ',';
      line(depth + 1);
      pretty(out, item, depth + 1);
    }
    line(depth);
    out += ']';
  } else if (const auto* const members = value.object(); members != nullptr && !members->empty()) {
    out += '{';
    for (const auto& member : *members) {
      if (&member != members->data()) out += ',';
      line(depth + 1);
      append_text(out, member.first);
      out += ": ";
      pretty(out, member.second, depth + 1);
    }
    line(depth);
    out += '}';
  } else {
    Writer(out).value(value);
  }
}

}  // namespace

void Writer::separate() {
  if (needs_comma_) out_ += ',';
  needs_comma_ = true;
}

void Writer::open(char bracket) {
  separate();
  out_ += bracket;
  needs_comma_ = false;
}

void Writer::close(char bracket) {
  out_ += bracket;
  needs_comma_ = true;
}

void Writer::begin_object() {
  open('{');
}
void Writer::end_object() {
  close('}');
}
void Writer::begin_array() {
  open('[');
}
void Writer::end_array() {
  close(']');
}

void Writer::name(std::string_view text) {
  separate();
  append_text(out_, text);
  out_ += ':';
  needs_comma_ = false;
}

void Writer::plain_name(std::string_view text) {
  const auto at = out_.size();
  const auto size = at + (needs_comma_ ? 1 : 0) + text.size() + 3;
  out_.resize_and_overwrite(size, [&](char* to, std::size_t) {
    to += at;
    if (needs_comma_) *to++ = ',';
    *to++ = '"';
    to = std::copy(text.begin(), text.end(), to);
    *to++ = '"';
    *to = ':';
    return size;
  });
  needs_comma_ = false;
}

void Writer::text(std::string_view text) {
  separate();
  append_text(out_, text);
}

void Writer::integer(std::int64_t number) {
  separate();
  append_number(out_, number);
}

void Writer::real(double number) {
  separate();
  append_real(out_, number);
}

void Writer::boolean(bool flag) {
  separate();
  out_ += flag ? "true" : "false";
}

void Writer::null() {
  separate();
  out_ += "null";
}

void Writer::value(const Value& tree) {
  struct Visitor {
    Writer& writer;
    void operator()(std::nullptr_t) const { writer.null(); }
    void operator()(bool flag) const { writer.boolean(flag); }
    void operator()(std::int64_t number) const { writer.integer(number); }
    void operator()(double number) const { writer.real(number); }
    void operator()(const std::string& text) const { writer.text(text); }
    void operator()(const Array& items) const {
      writer.begin_array();
      for (const auto& item : items) writer.value(item);
      writer.end_array();
    }
    void operator()(const Object& members) const {
      writer.begin_object();
      for (const auto& [name, value] : members) {
        writer.name(name);
        writer.value(value);
      }
      writer.end_object();
    }
  };
  std::visit(Visitor{*this}, tree.variant());
}

std::string write(const Value& value) {
  std::string out;
  Writer(out).value(value);
  return out;
}

std::string write_pretty(const Value& value) {
  std::string out;
  pretty(out, value, 0);
  return out;
}

bool is_utf8(std::string_view text) {
  const auto* p = reinterpret_cast<const std::uint8_t*>(text.data());
  const auto* const end = p + text.size();
  const auto is_tail = [](std::uint8_t byte) { return (byte & 0xc0) == 0x80; };
  while (true) {
    p += ordinary_run({reinterpret_cast<const char*>(p), static_cast<std::size_t>(end - p)},
                      [](unsigned char byte) { return byte >= 0x80; });
    if (p == end) return true;
    do {  // Chinese comes in runs: no look for a plain run behind each character
      const auto left = end - p;
      if ((*p & 0xf0) == 0xe0 && left >= 3 && is_tail(p[1]) && is_tail(p[2])) {
        if ((*p == 0xe0 && p[1] < 0xa0) || (*p == 0xed && p[1] > 0x9f)) return false;
        p += 3;
      } else if (*p >= 0xc2 && *p <= 0xdf && left >= 2 && is_tail(p[1])) {
        p += 2;
      } else if (*p >= 0xf0 && *p <= 0xf4 && left >= 4 && is_tail(p[1]) && is_tail(p[2]) &&
                 is_tail(p[3])) {
        if ((*p == 0xf0 && p[1] < 0x90) || (*p == 0xf4 && p[1] > 0x8f)) return false;
        p += 4;
      } else {
        return false;
      }
    } while (p != end && *p >= 0x80);
  }
}

}  // namespace qnzs::schema::json
