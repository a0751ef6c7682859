#include "http/client/pool.h"

#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace tarn::http {

namespace asio = boost::asio;
using wire::error_code;
using wire::Stream;

asio::execution_context::id ConnectionPool::id;

namespace {

SteadyTime steady_now() {
  return asio::steady_timer::clock_type::now();  // tidy: clock what its timers run on
}

}  // namespace

ClientConnection::ClientConnection(ConnectionPool& pool, PooledHost& host,
                                   asio::any_io_executor executor)
    : executor_(std::move(executor)),
      timer_(std::make_unique<asio::steady_timer>(executor_)),
      pool_(&pool),
      host_(&host) {
  ++host.open;
  pool.connections_.insert(this);
}

ClientConnection::~ClientConnection() {
  if (pool_ != nullptr) {
    pool_->forget(*this);
  }
}

void ClientConnection::limit(const Context& ctx, std::optional<SteadyTime> deadline,
                             std::chrono::milliseconds idle) {
  if (!timer_) {
    return;
  }
  // The callback may run on any thread; the connection belongs to its loop.
  registration_ = CancelToken::Registration();
  registration_ = ctx.cancel().on_cancel([weak = weak_from_this(), executor = executor_] {
    asio::post(executor, [weak] {
      const std::shared_ptr<ClientConnection> self = weak.lock();
      if (self && self->stream) {
        self->stream->abort(Stream::Abort::kCancelled);
      }
    });
  });
  deadline_ = deadline;
  idle_ = idle;
  seen_progress_ = stream ? stream->progress() : 0;
  watch();
}

void ClientConnection::unlimit() {
  registration_ = CancelToken::Registration();
  idle_ = {};
  if (timer_) {
    timer_->cancel();
  }
}

/// One timer however many reads and writes there are: at expiry it asks whether anything
/// moved since it was set.
void ClientConnection::watch() {
  const SteadyTime idle_end = steady_now() + idle_;
  const bool by_deadline = deadline_ && *deadline_ <= idle_end;
  timer_->expires_at(by_deadline ? *deadline_ : idle_end);
  timer_->async_wait([weak = weak_from_this(), by_deadline](const error_code& failure) {
    const std::shared_ptr<ClientConnection> self = weak.lock();
    if (failure || !self || !self->stream || self->idle_.count() == 0) {
      return;
    }
    Stream& peer = *self->stream;
    if (by_deadline || (peer.waiting() && peer.progress() == self->seen_progress_)) {
      peer.abort(Stream::Abort::kTimeout);
      return;
    }
    self->seen_progress_ = peer.progress();
    self->watch();
  });
}

bool ClientConnection::healthy() const {
  if (!stream || stream->aborted() != Stream::Abort::kNone || !stream->buffered().empty()) {
    return false;
  }
  char byte = 0;
  const ssize_t got = ::recv(stream->socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

void ClientConnection::finish() {
  unlimit();
  if (pool_ == nullptr || !stream) {
    return;
  }
  if (reusable && body && body->done() && stream->buffered().empty() &&
      stream->aborted() == Stream::Abort::kNone) {
    idle_since = steady_now();
    pool_->put_idle(shared_from_this());
  }
}

ConnectionPool::ConnectionPool(asio::execution_context& context)
    : asio::execution_context::service(context) {}

void ConnectionPool::shutdown() {
  for (ClientConnection* connection : connections_) {
    connection->pool_ = nullptr;
    connection->host_ = nullptr;
    connection->body.reset();
    connection->stream.reset();
    connection->timer_.reset();
  }
  connections_.clear();
  hosts_.clear();
}

PooledHost& ConnectionPool::host(const std::string& key, std::chrono::milliseconds keep_alive) {
  std::unique_ptr<PooledHost>& slot = hosts_[key];
  if (!slot) {
    slot = std::make_unique<PooledHost>();
    slot->key = key;
    slot->keep_alive = keep_alive;
  }
  return *slot;
}

std::shared_ptr<ClientConnection> ConnectionPool::take_idle(PooledHost& host, SteadyTime now) {
  while (!host.idle.empty()) {
    std::shared_ptr<ClientConnection> connection = std::move(host.idle.back());
    host.idle.pop_back();
    if (now - connection->idle_since < host.keep_alive && connection->healthy()) {
      connection->reused = true;
      connection->reusable = false;
      connection->body.reset();
      return connection;
    }
  }
  return nullptr;
}

void ConnectionPool::put_idle(std::shared_ptr<ClientConnection> connection) {
  PooledHost& host = *connection->host_;
  close_expired(connection->idle_since);
  host.idle.push_back(std::move(connection));
  wake_one(host);
}

void ConnectionPool::close_expired(SteadyTime now) {
  for (const auto& [key, host] : hosts_) {
    const auto fresh = std::find_if(host->idle.begin(), host->idle.end(), [&](const auto& idle) {
      return now - idle->idle_since < host->keep_alive;
    });
    host->idle.erase(host->idle.begin(), fresh);  // oldest first
  }
  std::erase_if(hosts_, [](const auto& entry) {
    const PooledHost& host = *entry.second;
    return host.open == 0 && host.waiters.empty();
  });
}

void ConnectionPool::forget(ClientConnection& connection) {
  connections_.erase(&connection);
  --connection.host_->open;
  wake_one(*connection.host_);
}

void ConnectionPool::wake_one(PooledHost& host) {
  if (!host.waiters.empty()) {
    const std::shared_ptr<asio::steady_timer> waiter = std::move(host.waiters.front());
    host.waiters.pop_front();
    waiter->cancel();
  }
}

}  // namespace tarn::http
