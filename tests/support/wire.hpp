#pragma once

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <netinet/in.h>
#include <optional>
#include <poll.h>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>

namespace qnzs::tests {

// A plain socket to a port of 127.0.0.1, for what a well-behaved client would never send. Comes
// from the loopback address `from`; waits at most ten seconds for anything. `receive_bytes`: what
// the kernel holds for it until it is read (twice as much, in fact).
class Wire {
 public:
  explicit Wire(std::uint16_t port, const std::string& from = "127.0.0.1",
                std::optional<int> receive_bytes = std::nullopt)
      : descriptor_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval patience{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (receive_bytes)
      ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &*receive_bytes, sizeof *receive_bytes);
    const auto here = address(from, 0);
    const auto there = address("127.0.0.1", port);
    if (::bind(descriptor_, generic(here), sizeof here) != 0 ||
        ::connect(descriptor_, generic(there), sizeof there) != 0) {
      ::close(descriptor_);
      throw std::runtime_error("no connection");
    }
  }
  virtual ~Wire() { ::close(descriptor_); }
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  // False when the other side takes no more.
  virtual bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  // How much of it goes without waiting; nothing when the connection has ended.
  virtual std::optional<std::size_t> send_now(std::string_view bytes) {
    const auto sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN) return std::nullopt;
    return static_cast<std::size_t>(std::max<ssize_t>(sent, 0));
  }
  // What there is to read, at least one byte; empty when the other side has closed.
  virtual std::string read_some() {
    std::array<char, 4096> piece{};
    const auto read = ::recv(descriptor_, piece.data(), piece.size(), 0);
    return read <= 0 ? std::string() : std::string(piece.data(), static_cast<std::size_t>(read));
  }
  // All bytes until the other side closes.
  std::string read_all() {
    std::string all;
    for (auto piece = read_some(); !piece.empty(); piece = read_some()) all += piece;
    return all;
  }
  // Something to read, or the end, comes within the time.
  virtual bool has_answer(std::chrono::milliseconds time_max) {
    pollfd waits{.fd = descriptor_, .events = POLLIN, .revents = 0};
    return ::poll(&waits, 1, static_cast<int>(time_max.count())) > 0;
  }

 protected:
  int descriptor() const { return descriptor_; }

 private:
  static sockaddr_in address(const std::string& text, std::uint16_t port) {
    sockaddr_in made{};
    made.sin_family = AF_INET;
    made.sin_port = htons(port);
    ::inet_pton(AF_INET, text.c_str(), &made.sin_addr);
    return made;
  }
  static const sockaddr* generic(const sockaddr_in& one) {
    return reinterpret_cast<const sockaddr*>(&one);
  }

  int descriptor_;
};

}  // namespace qnzs::tests
