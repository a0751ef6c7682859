#pragma once

#include "base/clock.h"
#include "http/client.h"
#include "http/wire/body_reader.h"
#include "http/wire/stream.h"

#include <boost/asio/execution_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace tarn::http {

class ConnectionPool;
struct PooledHost;

/// One connection of the client with the limits of the call that uses it. On its loop only.
class ClientConnection : public std::enable_shared_from_this<ClientConnection> {
 public:
  ClientConnection(ConnectionPool& pool, PooledHost& host, boost::asio::any_io_executor executor);
  ~ClientConnection();
  ClientConnection(const ClientConnection&) = delete;
  ClientConnection& operator=(const ClientConnection&) = delete;

  /// Null before the connection is made, and once the loop has ended.
  std::unique_ptr<wire::Stream> stream;
  std::optional<wire::BodyReader> body;
  /// What the response's head allows.
  bool reusable = false;
  /// Came from the pool; its peer may have closed it unnoticed.
  bool reused = false;
  SteadyTime idle_since;

  /// From now on the connection breaks at `deadline`, when no byte moves for `idle` while the peer
  /// is waited for (at most twice as long after the last byte), and when `ctx` is cancelled.
  void limit(const Context& ctx, std::optional<SteadyTime> deadline,
             std::chrono::milliseconds idle);
  void unlimit();
  /// Ends the call: back to the pool, or closed.
  void finish();
  /// The peer has neither closed nor sent anything unasked for.
  bool healthy() const;

 private:
  friend class ConnectionPool;
  void watch();

  boost::asio::any_io_executor executor_;
  std::unique_ptr<boost::asio::steady_timer> timer_;
  std::optional<SteadyTime> deadline_;
  std::chrono::milliseconds idle_{};
  std::uint64_t seen_progress_ = 0;
  CancelToken::Registration registration_;
  ConnectionPool* pool_;
  PooledHost* host_;
};

/// The connections of one client to one host on one loop.
struct PooledHost {
  std::string key;
  std::size_t open = 0;
  std::chrono::milliseconds keep_alive{};
  std::vector<std::shared_ptr<ClientConnection>> idle;
  /// Calls that wait for a free connection: a cancelled timer is the wake-up.
  std::deque<std::shared_ptr<boost::asio::steady_timer>> waiters;
};

/// All pooled connections of one loop. A service of its io_context, so that no socket outlives the
/// loop that it is registered with, whoever still holds a response. Idle connections have no
/// pending operation: a loop that has only such left may end.
class ConnectionPool final : public boost::asio::execution_context::service {
 public:
  static boost::asio::execution_context::id id;
  explicit ConnectionPool(boost::asio::execution_context& context);

  PooledHost& host(const std::string& key, std::chrono::milliseconds keep_alive);
  /// The freshest healthy idle connection; null if there is none.
  std::shared_ptr<ClientConnection> take_idle(PooledHost& host, SteadyTime now);
  void put_idle(std::shared_ptr<ClientConnection> connection);
  /// Closes what was idle for too long and forgets hosts without connections; references from
  /// `host` with none become invalid.
  void close_expired(SteadyTime now);

 private:
  friend class ClientConnection;
  void shutdown() override;
  void forget(ClientConnection& connection);
  static void wake_one(PooledHost& host);

  std::unordered_map<std::string, std::unique_ptr<PooledHost>> hosts_;
  std::unordered_set<ClientConnection*> connections_;
};

}  // namespace tarn::http
