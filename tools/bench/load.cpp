#include "tools/bench/load.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <deque>
#include <memory>
#include <netinet/tcp.h>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <system_error>
#include <unistd.h>

namespace qnzs::bench {
namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const char* what) {
  throw std::runtime_error(std::string(what) + ": " + std::generic_category().message(errno));
}

// One keep-alive connection with at most one request under way.
class Line {
 public:
  explicit Line(std::uint16_t port) : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (socket_ < 0) fail("socket");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      fail("connect");
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  ~Line() { close(socket_); }
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  int handle() const { return socket_; }
  Clock::time_point due() const { return due_; }

  // A request is far smaller than a socket's buffer, which is empty here: one call takes it all.
  bool send_request(std::string_view request, Clock::time_point due) {
    due_ = due;
    received_.clear();
    return send(socket_, request.data(), request.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(request.size());
  }

  // True: 200 "success"; false: something else; nothing: not whole yet.
  std::optional<bool> receive_answer() {
    std::array<char, 4096> bytes;
    const auto count = recv(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) return std::nullopt;
    if (count <= 0) return false;
    received_.append(bytes.data(), static_cast<std::size_t>(count));
    const auto head_end = received_.find("\r\n\r\n");
    if (head_end == std::string::npos) return std::nullopt;
    const auto body = std::string_view(received_).substr(head_end + 4);
    if (!received_.starts_with("HTTP/1.1 200")) return false;
    if (body.size() < success.size()) return std::nullopt;
    return body == success;
  }

 private:
  static constexpr std::string_view success = "success";
  int socket_;
  Clock::time_point due_;
  std::string received_;
};

class Load {
 public:
  explicit Load(const LoadPlan& plan) : plan_(plan), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    if (epoll_ < 0) fail("epoll");
    for (std::size_t i = 0; i < plan.connections; ++i) {
      lines_.push_back(std::make_unique<Line>(plan.port));
      idle_.push_back(lines_.back().get());
      epoll_event event{.events = EPOLLIN, .data = {.ptr = lines_.back().get()}};
      epoll_ctl(epoll_, EPOLL_CTL_ADD, lines_.back()->handle(), &event);
    }
    result_.latencies_ms.reserve(plan.requests.size());
  }
  ~Load() { close(epoll_); }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  LoadResult run(std::chrono::seconds patience) {
    start_ = Clock::now();
    auto progress_at = start_;
    while (answered_ < plan_.requests.size() && live_ > 0) {
      send_due();
      const auto before = answered_;
      wait();
      const auto now = Clock::now();
      if (answered_ > before || idle_.size() == live_) progress_at = now;
      if (now - progress_at > patience) break;
    }
    result_.seconds = std::chrono::duration<double>(Clock::now() - start_).count();
    result_.failed = plan_.requests.size() - result_.succeeded;
    std::ranges::sort(result_.latencies_ms);
    return std::move(result_);
  }

 private:
  Clock::time_point due(std::size_t number) const {
    if (plan_.rate <= 0) return Clock::now();
    const std::chrono::duration<double> after(static_cast<double>(number) / plan_.rate);
    return start_ + std::chrono::duration_cast<Clock::duration>(after);
  }

  void send_due() {
    while (!idle_.empty() && sent_ < plan_.requests.size()) {
      const auto at = due(sent_);
      if (at > Clock::now()) return;
      auto* line = idle_.front();  // each in turn: one that is never used is closed
      idle_.pop_front();
      if (!line->send_request(plan_.requests[sent_++], at)) end(*line);
    }
  }

  // Until an answer comes or the next request is due.
  void wait() {
    timespec time{.tv_sec = 1, .tv_nsec = 0};
    if (plan_.rate > 0 && !idle_.empty() && sent_ < plan_.requests.size()) {
      const auto left = std::max(Clock::duration(0), due(sent_) - Clock::now());
      const auto nanoseconds = std::chrono::duration_cast<std::chrono::nanoseconds>(left).count();
      time = {.tv_sec = nanoseconds / 1'000'000'000, .tv_nsec = nanoseconds % 1'000'000'000};
    }
    std::array<epoll_event, 64> events;
    const int count =
        epoll_pwait2(epoll_, events.data(), static_cast<int>(events.size()), &time, nullptr);
    for (int i = 0; i < count; ++i)
      take_answer(*static_cast<Line*>(events[static_cast<std::size_t>(i)].data.ptr));
  }

  void take_answer(Line& line) {
    const auto is_success = line.receive_answer();
    if (!is_success) return;
    if (std::erase(idle_, &line) > 0) return end(line);  // closed while it had nothing to answer
    ++answered_;
    if (!*is_success) return end(line);
    ++result_.succeeded;
    const std::chrono::duration<double, std::milli> latency = Clock::now() - line.due();
    result_.latencies_ms.push_back(latency.count());
    idle_.push_back(&line);
  }

  void end(Line& line) {
    epoll_ctl(epoll_, EPOLL_CTL_DEL, line.handle(), nullptr);
    --live_;
  }

  const LoadPlan& plan_;
  int epoll_;
  std::vector<std::unique_ptr<Line>> lines_;
  std::deque<Line*> idle_;
  std::size_t live_ = plan_.connections;
  std::size_t sent_ = 0, answered_ = 0;
  Clock::time_point start_;
  LoadResult result_;
};

}  // namespace

LoadResult run_load(const LoadPlan& plan, std::chrono::seconds patience) {
  return Load(plan).run(patience);
}

}  // namespace qnzs::bench
