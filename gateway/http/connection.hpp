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
  Connection* first = nullptr;  // its open connections
  std::int64_t date_second = 0;
  std::string date;
  std::string_view date_now(std::int64_t unix_seconds);
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

 protected:
  enum class Phase : std::uint8_t { idle, reading, handling, writing };
  enum class Served : std::uint8_t { again, last };

  Connection(Server& server, Server::Lane& lane, std::string client);

  virtual Socket& socket() = 0;
  void expired() override;
  // The lane's settings for what comes next; costs a comparison when they are the same.
  const config::HttpSettings& refresh();
  using Now = std::chrono::system_clock::time_point;
  void render_answer(const adapters::HttpReply& reply, Now now, bool keeps_alive);
  // The answer to what cannot be served, in `out_`.
  void render_refusal(const BadRequest& problem);

  Server& server_;
  Server::Lane& lane_;
  std::shared_ptr<const Serving> serving_;
  std::string client_;
  RequestReader reader_;
  std::string out_;
  Phase phase_ = Phase::idle;

 private:
  Connection* previous_ = nullptr;
  Connection* next_ = nullptr;
};

// One connection's life on its worker: read, handle, answer, again. The stream is a type, so that
// plain HTTP pays nothing for TLS. Instantiated in connection.cpp for Socket and TlsStream.
template <class Stream>
class StreamConnection final : public Connection {
 public:
  StreamConnection(Server& server, Server::Lane& lane, Stream stream, std::string client);

  runtime::Awaitable<void> serve();

 private:
  static constexpr bool is_tls = !std::is_same_v<Stream, Socket>;

  runtime::Awaitable<bool> handshake()
    requires is_tls;
  runtime::Awaitable<bool> read_request();
  runtime::Awaitable<Served> handle_request();
  runtime::Awaitable<bool> write(std::string_view bytes);
  runtime::Awaitable<void> say_goodbye()
    requires is_tls;
  runtime::Awaitable<void> linger();
  Socket& socket() override;

  Stream stream_;
};

}  // namespace qnzs::http
