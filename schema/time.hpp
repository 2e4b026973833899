#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace qnzs::schema {

using Milliseconds = std::chrono::milliseconds;
using Instant = std::chrono::sys_time<Milliseconds>;

// A point in time with the offset it was told in. Written as RFC 3339 with milliseconds and offset;
// China's +08:00 unless the source said otherwise.
struct Timestamp {
  Instant at{};
  std::int16_t offset_minutes = 8 * 60;
  auto operator<=>(const Timestamp&) const = default;
};

// "2026-11-24T08:00:00.000+08:00". Years 0001 to 9999; others are a bug of the caller.
std::string to_rfc3339(const Timestamp& time);
// RFC 3339 §5.6 date-time: 'T' and 'Z' in either case, 0 to 9 fraction digits (cut to
// milliseconds), offset required and at most ±23:59, calendar checked; a leap second (:60) counts
// as :59.999. No locale.
std::optional<Timestamp> parse_rfc3339(std::string_view text);

}  // namespace qnzs::schema
