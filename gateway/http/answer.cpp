#include "gateway/http/answer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <stdexcept>

namespace qnzs::http {
namespace {

struct Phrase {
  std::uint16_t status;
  std::string_view text;
};
constexpr std::array<Phrase, 21> phrases{{
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {207, "Multi-Status"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {411, "Length Required"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {422, "Unprocessable Content"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {503, "Service Unavailable"},
}};

void require_clean(std::string_view text) {
  if (text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) {
    throw std::logic_error("a response header holds CR, LF or NUL");
  }
}

}  // namespace

std::string_view reason_phrase(std::uint16_t status) {
  const auto* const found = std::ranges::find(phrases, status, &Phrase::status);
  return found == phrases.end() ? "Status" : found->text;
}

adapters::HttpReply plain_answer(std::uint16_t status, std::string_view text) {
  adapters::HttpReply reply;
  reply.status = status;
  reply.body = text;
  return reply;
}

void render(const adapters::HttpReply& reply, std::string_view date, bool keeps_alive,
            bool omit_body, std::string& out) {
  require_clean(reply.content_type);
  out.append("HTTP/1.1 ").append(fmt::format_int(reply.status).c_str());
  out.append(" ").append(reason_phrase(reply.status)).append("\r\nDate: ").append(date);
  out.append("\r\nContent-Length: ").append(fmt::format_int(reply.body.size()).c_str());
  out.append("\r\n");
  if (!reply.content_type.empty()) {
    out.append("Content-Type: ").append(reply.content_type).append("\r\n");
  }
  for (const auto& [name, value] : reply.headers) {
    require_clean(name);
    require_clean(value);
    out.append(name).append(": ").append(value).append("\r\n");
  }
  if (!keeps_alive) out.append("Connection: close\r\n");
  out.append("\r\n");
  if (!omit_body) out.append(reply.body);
}

std::string imf_fixdate(std::int64_t unix_seconds) {
  static constexpr std::array<std::string_view, 7> days{"Sun", "Mon", "Tue", "Wed",
                                                        "Thu", "Fri", "Sat"};
  static constexpr std::array<std::string_view, 12> months{
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::chrono::sys_seconds at{std::chrono::seconds(unix_seconds)};
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(at - day);
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                     days[std::chrono::weekday(day).c_encoding()],
                     static_cast<unsigned>(date.day()),
                     months[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
                     time.hours().count(), time.minutes().count(), time.seconds().count());
}

}  // namespace qnzs::http
