#pragma once

#include "gateway/http/request_reader.hpp"
#include "gateway/http/server.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace qnzs::http {

// What belongs to one worker of a server.
struct Server::Lane {
  explicit Lane(runtime::Worker& owner) : worker(owner) {}
  runtime::Worker& worker;
  Connection* first = nullptr;  // its open connections
  std::int64_t date_second = 0;
  std::string date;
  std::string_view date_now(std::int64_t unix_seconds);
};

// One connection's life on its worker: read, handle, answer, again. Its deadline closes the socket,
// which ends whatever the coroutine waits for.
class Connection final : public runtime::Deadline {
 public:
  Connection(Server& server, Server::Lane& lane, Socket socket, std::string client);
  ~Connection() override;

  runtime::Awaitable<void> serve();
  // At stop: an idle one ends now, a busy one after its answer unless `even_busy`.
  void close(bool even_busy);

  Connection* next() const { return next_; }

 private:
  enum class Phase : std::uint8_t { idle, reading, handling, writing };
  enum class Served : std::uint8_t { again, last };

  runtime::Awaitable<bool> read_request();
  runtime::Awaitable<Served> handle_request();
  runtime::Awaitable<bool> write(std::string_view bytes);
  runtime::Awaitable<void> refuse_and_linger(BadRequest problem);
  void expired() override;

  Server& server_;
  Server::Lane& lane_;
  Socket socket_;
  std::string client_;
  RequestReader reader_;
  std::string out_;
  Phase phase_ = Phase::idle;
  Connection* previous_ = nullptr;
  Connection* next_ = nullptr;
};

}  // namespace qnzs::http
