#pragma once

#include "base/clock.h"
#include "http/server.h"
#include "http/server/request_ids.h"
#include "http/wire/body_reader.h"
#include "http/wire/head.h"
#include "http/wire/stream.h"
#include "runtime/cancel.h"
#include "runtime/task_group.h"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ssl/context.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace tarn::http {

class Connection;

/// What all loops of one server share.
struct ServerShared {
  ServerShared(ServerConfig c, Handler& h) : config(std::move(c)), handler(h) {}

  const ServerConfig config;
  Handler& handler;
  std::optional<boost::asio::ssl::context> tls;
  /// Set once: idle connections close, others after their response.
  std::atomic<bool> stopping = false;
  /// Set once, later: the sweeps end.
  std::atomic<bool> tasks_stop = false;
  std::atomic<std::size_t> connections = 0;
  TaskGroup tasks;
};

/// What the connections of one loop share; used on that loop only.
struct ServerLoop {
  ServerLoop(ServerShared& s, boost::asio::any_io_executor e, Rng& rng)
      : shared(s), executor(std::move(e)), ids(rng) {}

  ServerShared& shared;
  boost::asio::any_io_executor executor;
  RequestIds ids;
  SystemClock clock;
  /// Read by the sweep, so that a request costs no clock call; late by the sweep interval at most.
  SteadyTime now;
  /// `Date: …\r\n`, of the same age.
  std::string date_field;
  /// All open connections, doubly linked.
  Connection* first = nullptr;

  void refresh();
  /// Closes connections beyond their time limits and cancels requests whose client is gone.
  void sweep();
};

/// One client connection: reads requests, calls the handler, writes responses, until either side
/// closes. Lives in the frame of `serve`.
class Connection {
 public:
  Connection(ServerLoop& loop, boost::asio::ip::tcp::socket socket);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  Task<void> run();

  /// Closes if no request is under way.
  void close_if_idle();
  /// Cancels the request under way and breaks the connection.
  void kill();
  void check_limits();
  Connection* next() const { return next_; }

 private:
  friend class RequestBody;

  enum class Phase : std::uint8_t { kHandshake, kIdle, kHead, kRequest, kLinger };
  enum class HeadOutcome : std::uint8_t { kRequest, kRefused, kClosed };

  void enter(Phase phase);
  Task<HeadOutcome> read_head();
  Task<bool> serve_request();
  Task<Result<Bytes>> read_body(Context ctx, std::size_t max_bytes);
  bool can_keep(const Response& response) const;
  void start_head(const Response& response);
  void finish_head(bool keep);
  Task<bool> send_stream(Context ctx, Response response, bool keep);
  Task<void> refuse(wire::HeadRefusal refusal);
  Task<void> linger();

  ServerLoop& loop_;
  wire::Stream stream_;
  wire::BodyReader body_;
  wire::HeadFacts facts_;
  Request request_;
  wire::HeadRefusal refusal_;
  /// The head of the response being written; kept for its capacity.
  std::string head_;
  std::string peer_address_;
  CancelSource cancel_;
  /// The body object the handler holds; it learns here when its request is over.
  class RequestBody* live_body_ = nullptr;
  Phase phase_ = Phase::kHead;
  bool continue_pending_ = false;
  bool response_started_ = false;
  /// When the phase began, or when the peer was last seen to move.
  SteadyTime since_;
  std::uint64_t seen_progress_ = 0;
  Connection* next_ = nullptr;
  Connection* previous_ = nullptr;
};

}  // namespace tarn::http
