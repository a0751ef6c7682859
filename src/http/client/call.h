#pragma once

#include "base/thread_annotations.h"
#include "http/client.h"
#include "http/client/pool.h"
#include "http/client/url.h"
#include "http/guarded_client.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tarn::http {

/// What the calls of one client share. Thread-safe.
struct ClientShared {
  ClientShared(ClientConfig c, const Clock& k, ConnectGuard g);

  /// Made at the first use: the system's authorities take milliseconds and megabytes to load, and
  /// many a client never meets TLS. Errors kUnavailable (`ca_file`), each time.
  Result<boost::asio::ssl::context*> tls();

  const ClientConfig config;
  const Clock& clock;
  /// May be empty.
  const ConnectGuard guard;
  /// Keeps the pools of two clients apart.
  const std::string pool_prefix;

 private:
  Mutex mutex_;
  std::unique_ptr<boost::asio::ssl::context> tls_ TARN_GUARDED_BY(mutex_);
};

/// What is sent before the body, and how the body is framed.
struct Outgoing {
  std::string head;
  bool chunked = false;
  std::uint64_t length = 0;
  bool expect_continue = false;
  bool close = false;
};
Result<Outgoing> prepare_request(const Origin& origin, const Request& request);

/// One call of Client::send; lives in its frame.
class ClientCall {
 public:
  ClientCall(ClientShared& shared, Context ctx, Origin origin, Request request, Outgoing outgoing);

  Task<Result<ClientResponse>> run();

 private:
  /// What became of the body of the request.
  enum class Sent : std::uint8_t {
    kAll,
    /// The final answer, now in `response_`, came first.
    kAnswered,
  };

  Task<Result<void>> acquire(bool fresh);
  Task<Result<void>> connect();
  Task<Result<std::vector<boost::asio::ip::tcp::endpoint>>> resolve();
  /// Those that the guard lets through. Errors: its own, when there are none.
  Result<std::vector<boost::asio::ip::tcp::endpoint>> guarded(
      std::vector<boost::asio::ip::tcp::endpoint> found) const;
  Task<Result<void>> exchange();
  Task<Result<void>> await_continue();
  Task<Result<Sent>> send_body();
  Task<Result<bool>> read_head();

  ClientShared& shared_;
  Context ctx_;
  const Origin origin_;
  Request request_;
  const Outgoing outgoing_;
  std::shared_ptr<ClientConnection> connection_;
  ClientResponse response_;
  /// When connecting, or waiting for a connection, is over; true: because of the context.
  SteadyTime connect_end_;
  bool connect_end_is_deadline_ = false;
  /// A byte of an answer has come.
  bool any_byte_ = false;
};

}  // namespace tarn::http
