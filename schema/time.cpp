#include "schema/time.hpp"

#include <cstdlib>

namespace qnzs::schema {
namespace chrono = std::chrono;
namespace {

// Takes fixed-width fields off the front; any mismatch makes it fail for good.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}
  int digits(std::size_t count) {
    if (rest_.size() < count) return fail();
    int value = 0;
    for (std::size_t i = 0; i < count; ++i) {
      if (!is_digit(rest_[i])) return fail();
      value = value * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(count);
    return value;
  }
  bool one_of(std::string_view choices) {
    if (rest_.empty() || choices.find(rest_.front()) == std::string_view::npos) return fail() != 0;
    rest_.remove_prefix(1);
    return true;
  }
  bool next_is(char c) const { return !rest_.empty() && rest_.front() == c; }
  // 1 to 9 fraction digits as milliseconds, the rest cut.
  int milliseconds() {
    int value = 0;
    int count = 0;
    for (; !rest_.empty() && is_digit(rest_.front()); ++count, rest_.remove_prefix(1)) {
      if (count < 3) value = value * 10 + (rest_.front() - '0');
    }
    if (count < 1 || count > 9) return fail();
    for (; count < 3; ++count) value *= 10;
    return value;
  }
  bool ok() const { return ok_; }
  bool at_end() const { return ok_ && rest_.empty(); }
  int fail() {
    ok_ = false;
    return 0;
  }

 private:
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  std::string_view rest_;
  bool ok_ = true;
};

int parse_offset(Cursor& cursor) {
  if (cursor.next_is('Z') || cursor.next_is('z')) {
    cursor.one_of("Zz");
    return 0;
  }
  const int sign = cursor.next_is('-') ? -1 : 1;
  cursor.one_of("+-");
  const int hours = cursor.digits(2);
  cursor.one_of(":");
  const int minutes = cursor.digits(2);
  if (hours > 23 || minutes > 59) cursor.fail();
  return sign * (hours * 60 + minutes);
}

// Right-aligned decimal digits, so many of them.
void put(char* at, std::size_t width, unsigned value) {
  for (; width > 0; value /= 10) at[--width] = static_cast<char>('0' + value % 10);
}

}  // namespace

// Written by hand: three times a message, formatting cost as much as all the rest of encoding.
std::string to_rfc3339(const Timestamp& time) {
  const auto local = time.at + chrono::minutes(time.offset_minutes);
  const auto day = chrono::floor<chrono::days>(local);
  const chrono::year_month_day date(day);
  const chrono::hh_mm_ss clock(local - day);
  const int offset = std::abs(static_cast<int>(time.offset_minutes));
  std::string text("0000-00-00T00:00:00.000+00:00");
  const auto set = [&](std::size_t at, std::size_t width, auto value) {
    put(text.data() + at, width, static_cast<unsigned>(value));
  };
  set(0, 4, static_cast<int>(date.year()));
  set(5, 2, static_cast<unsigned>(date.month()));
  set(8, 2, static_cast<unsigned>(date.day()));
  set(11, 2, clock.hours().count());
  set(14, 2, clock.minutes().count());
  set(17, 2, clock.seconds().count());
  set(20, 3, clock.subseconds().count());
  text[23] = time.offset_minutes < 0 ? '-' : '+';
  set(24, 2, offset / 60);
  set(27, 2, offset % 60);
  return text;
}

std::optional<Timestamp> parse_rfc3339(std::string_view text) {
  Cursor cursor(text);
  const int year_number = cursor.digits(4);
  cursor.one_of("-");
  const int month_number = cursor.digits(2);
  cursor.one_of("-");
  const int day_number = cursor.digits(2);
  cursor.one_of("Tt");
  const int hour = cursor.digits(2);
  cursor.one_of(":");
  const int minute = cursor.digits(2);
  cursor.one_of(":");
  int second = cursor.digits(2);
  int millisecond = 0;
  if (cursor.next_is('.')) {
    cursor.one_of(".");
    millisecond = cursor.milliseconds();
  }
  const int offset = parse_offset(cursor);
  const chrono::year_month_day date{chrono::year(year_number),
                                    chrono::month(static_cast<unsigned>(month_number)),
                                    chrono::day(static_cast<unsigned>(day_number))};
  if (!cursor.at_end() || !date.ok() || year_number < 1 || hour > 23 || minute > 59 ||
      second > 60) {
    return std::nullopt;
  }
  if (second == 60) {  // no leap second in our clock
    second = 59;
    millisecond = 999;
  }
  const auto local = chrono::sys_days(date) + chrono::hours(hour) + chrono::minutes(minute) +
                     chrono::seconds(second) + Milliseconds(millisecond);
  return Timestamp{.at = local - chrono::minutes(offset),
                   .offset_minutes = static_cast<std::int16_t>(offset)};
}

}  // namespace qnzs::schema
