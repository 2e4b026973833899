#pragma once

#include "gateway/http/request_reader.hpp"
#include "gateway/http/server.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

namespace qnzs::http {

// What belongs to one worker of a server; used on its thread alone.
struct Server::Lane {
  Lane(runtime::Worker& owner, std::shared_ptr<const Serving> first_serving)
      : worker(owner), serving(std::move(first_serving)) {}
  runtime::Worker& worker;
  std::shared_ptr<const Serving> serving;
  Connection* first = nullptr;  // its open connections, the newest first
  Connection* last = nullptr;
  std::int64_t date_second = 0;
  std::string date;
  std::string_view date_now(std::int64_t unix_seconds);
  // Closes the oldest connection that has not sent a whole request, else an idle one, and says
  // whether there was one. Looks at so many only.
  bool make_room();
  static constexpr int looked_at_max = 256;
};

// What a connection is to its server, whatever its stream. Its deadline closes the socket, which
// ends whatever the coroutine waits for.
class Connection : public runtime::Deadline {
 public:
  ~Connection() override;

  // At stop: an idle one ends now, a busy one after its answer unless `even_busy`.
  void close(bool even_busy);
  // The lane has new settings: an idle one takes them now, a busy one after its answer.
  void settings_changed();

  Connection* next() const { return next_; }
  Connection* previous() const { return previous_; }
  // Nothing is lost that had begun: idle, or no whole request has ever come.
  bool is_dispensable();
  bool is_stranger() const { return requests_ == 0; }  // no whole request yet

 protected:
  enum class Phase : std::uint8_t { idle, reading, handling, writing };
  enum class Read : std::uint8_t { whole, bad, crowded, gone };

  Connection(Server& server, Server::Lane& lane, Admission admission);

  virtual Socket& socket() = 0;
  void expired() override;
  // The lane's settings for what comes next; costs a comparison when they are the same.
  const config::HttpSettings& refresh();
  using Now = std::chrono::system_clock::time_point;
  void render_answer(const adapters::HttpReply& reply, Now now, bool keeps_alive);
  // The request from the reader, completed, and its client known.
  adapters::HttpRequest next_request(Now now);
  // Answered, and then there is no next request; `lingers_` when the client wanted one.
  bool goes_on();
  std::chrono::milliseconds wait_max() const;  // for the first byte of the next request

  Server& server_;
  Server::Lane& lane_;
  std::shared_ptr<const Serving> serving_;
  Admission admission_;
  RequestReader reader_;
  std::string out_;
  Phase phase_ = Phase::idle;
  std::int64_t requests_ = 0;  // whole ones
  bool lingers_ = false;       // we end it and the client may still be sending

 private:
  Connection* previous_ = nullptr;
  Connection* next_ = nullptr;
};

// One connection's life on its worker: read, handle, answer, again. The stream is a type, so that
// plain HTTP pays nothing for TLS. Instantiated in connection.cpp for Socket and TlsStream.
template <class Stream>
class StreamConnection final : public Connection {
 public:
  StreamConnection(Server& server, Server::Lane& lane, Stream stream, Admission admission);

  runtime::Awaitable<void> serve();

 private:
  static constexpr bool is_tls = !std::is_same_v<Stream, Socket>;

  runtime::Awaitable<bool> handshake()
    requires is_tls;
  runtime::Awaitable<Read> read_request();
  // True when the connection goes on.
  runtime::Awaitable<bool> handle_request();
  runtime::Awaitable<bool> refuse_request(Read why);
  runtime::Awaitable<bool> refuse_over_limit(const adapters::HttpRequest& request, Now now,
                                             std::uint32_t retry_after_seconds);
  runtime::Awaitable<bool> answer(const Outcome& outcome, Now now, bool keeps_alive);
  runtime::Awaitable<bool> write(std::string_view bytes);
  runtime::Awaitable<void> say_goodbye()
    requires is_tls;
  runtime::Awaitable<void> linger();
  Socket& socket() override;

  Stream stream_;
};

}  // namespace qnzs::http
