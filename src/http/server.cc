#include "http/server.h"

#include "base/log.h"
#include "base/thread_annotations.h"
#include "http/server/connection.h"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <condition_variable>
#include <deque>
#include <utility>

namespace tarn::http {

namespace asio = boost::asio;
using asio::ip::tcp;
using wire::error_code;

namespace {

using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

constexpr std::string_view kTooBusy =
    "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

struct Loop : ServerLoop {
  Loop(ServerShared& s, const asio::any_io_executor& e, Rng& rng, tcp::acceptor a)
      : ServerLoop(s, e, rng), acceptor(std::move(a)), sweep_timer(e), retry_timer(e) {}

  tcp::acceptor acceptor;
  asio::steady_timer sweep_timer;
  asio::steady_timer retry_timer;
};

Result<tcp::endpoint> parse_listen_address(const std::string& text) {
  const auto bad = [&] {
    return Error::with_message(kUnavailable, "listen address '" + text + "' is not host:port");
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) {
    return bad();
  }
  std::string host = text.substr(0, colon);
  const std::string_view port_text = std::string_view(text).substr(colon + 1);
  std::uint16_t port = 0;
  const char* end = port_text.data() + port_text.size();
  const auto [at, failure] = std::from_chars(port_text.data(), end, port);
  if (port_text.empty() || failure != std::errc() || at != end) {
    return bad();
  }
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  }
  if (host.empty()) {
    return tcp::endpoint(asio::ip::address_v4::any(), port);
  }
  error_code error;
  const asio::ip::address address = asio::ip::make_address(host, error);
  if (!error) {
    return tcp::endpoint(address, port);
  }
  asio::io_context context;
  tcp::resolver resolver(context);
  const auto found = resolver.resolve(host, std::to_string(port), tcp::resolver::passive, error);
  if (error || found.empty()) {
    return Error::with_message(kUnavailable, "listen address '" + text + "': " + error.message());
  }
  return found.begin()->endpoint();
}

/// `share_port`: several loops listen on one port and the kernel spreads connections over them.
Result<tcp::acceptor> listen_on(const asio::any_io_executor& executor,
                                const tcp::endpoint& endpoint, bool share_port) {
  tcp::acceptor acceptor(executor);
  error_code error;
  const auto step = [&](auto&& action) {
    if (!error) {
      action();
    }
  };
  step([&] { acceptor.open(endpoint.protocol(), error); });
  step([&] { acceptor.set_option(tcp::acceptor::reuse_address(true), error); });
  if (share_port) {
    step([&] { acceptor.set_option(ReusePort(true), error); });
  }
  if (endpoint.address().is_v6()) {
    step([&] { acceptor.set_option(asio::ip::v6_only(false), error); });
  }
  step([&] { acceptor.bind(endpoint, error); });
  step([&] { acceptor.listen(tcp::acceptor::max_listen_connections, error); });
  if (error) {
    return Error::with_message(kUnavailable, "cannot listen on " + endpoint.address().to_string() +
                                                 ":" + std::to_string(endpoint.port()) + ": " +
                                                 error.message());
  }
  return acceptor;
}

Result<asio::ssl::context> load_tls(const TlsFiles& files) {
  asio::ssl::context context(asio::ssl::context::tls_server);
  error_code error;
  context.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_sslv2 |
                          asio::ssl::context::no_sslv3 | asio::ssl::context::no_tlsv1 |
                          asio::ssl::context::no_tlsv1_1,
                      error);
  context.use_certificate_chain_file(files.certificate_file, error);
  if (error) {
    return Error::with_message(
        kUnavailable, "certificate file " + files.certificate_file + ": " + error.message());
  }
  context.use_private_key_file(files.key_file, asio::ssl::context::pem, error);
  if (error) {
    return Error::with_message(kUnavailable, "key file " + files.key_file + ": " + error.message());
  }
  return context;
}

class ServerImpl final : public Server {
 public:
  ServerImpl(ServerConfig config, Handler& handler) : shared_(std::move(config), handler) {}
  ~ServerImpl() override { stop(std::chrono::milliseconds(0)); }

  Result<void> start(Loops& loops, Rng& rng) {
    if (shared_.config.tls) {
      TARN_TRY(asio::ssl::context tls, load_tls(*shared_.config.tls));
      shared_.tls.emplace(std::move(tls));
    }
    TARN_TRY(tcp::endpoint endpoint, parse_listen_address(shared_.config.listen_address));
    if (endpoint.port() != 0) {
      // SO_REUSEPORT would let a second server of the same user share our port without a word.
      TARN_CHECK_OK(listen_on(loops.executor(0), endpoint, /*share_port=*/false));
    }
    for (std::size_t i = 0; i < loops.size(); ++i) {
      const asio::any_io_executor executor = loops.executor(i);
      TARN_TRY(tcp::acceptor acceptor, listen_on(executor, endpoint, /*share_port=*/true));
      endpoint = acceptor.local_endpoint();
      loops_.emplace_back(shared_, executor, rng, std::move(acceptor));
      loops_.back().refresh();
    }
    port_ = endpoint.port();
    for (Loop& loop : loops_) {
      shared_.tasks.spawn(loop.executor, accept(loop));
      shared_.tasks.spawn(loop.executor, sweep(loop));
    }
    return {};
  }

  std::uint16_t port() const override { return port_; }

  void stop(std::chrono::milliseconds grace) override {
    MutexLock lock(stop_mutex_);
    if (shared_.stopping.exchange(true)) {
      return;
    }
    for (Loop& loop : loops_) {
      block_on(loop.executor, stop_accepting(loop));
    }
    wait_for_connections(grace);
    for (Loop& loop : loops_) {
      block_on(loop.executor, kill_all(loop));
    }
    shared_.tasks.close();
    shared_.tasks.join_blocking();
    loops_.clear();
  }

 private:
  Task<void> accept(Loop& loop) {
    while (!shared_.stopping) {
      error_code failure;
      tcp::socket socket =
          co_await loop.acceptor.async_accept(asio::redirect_error(asio::use_awaitable, failure));
      if (failure) {
        if (shared_.stopping) {
          break;
        }
        if (failure == asio::error::connection_aborted) {
          continue;
        }
        // Out of descriptors, most likely: trying again at once would spin.
        log::warn("cannot accept a connection", {{"why", failure.message()}});
        loop.retry_timer.expires_after(std::chrono::milliseconds(100));
        co_await loop.retry_timer.async_wait(asio::redirect_error(asio::use_awaitable, failure));
        continue;
      }
      if (shared_.connections.fetch_add(1) >= shared_.config.connections_max) {
        ::send(socket.native_handle(), kTooBusy.data(), kTooBusy.size(),
               MSG_DONTWAIT | MSG_NOSIGNAL);
        forget_connection();
        continue;
      }
      if (!shared_.tasks.spawn(loop.executor, serve(loop, std::move(socket)))) {
        forget_connection();
      }
    }
  }

  Task<void> serve(Loop& loop, tcp::socket socket) {
    {
      Connection connection(loop, std::move(socket));
      co_await connection.run();
    }
    forget_connection();
  }

  Task<void> sweep(Loop& loop) {
    const auto interval = std::clamp<std::chrono::milliseconds>(shared_.config.sweep_interval,
                                                                std::chrono::milliseconds(1),
                                                                std::chrono::milliseconds(1000));
    while (!shared_.tasks_stop.load()) {
      loop.sweep_timer.expires_after(interval);
      error_code failure;
      co_await loop.sweep_timer.async_wait(asio::redirect_error(asio::use_awaitable, failure));
      loop.sweep();
    }
  }

  static Task<void> stop_accepting(Loop& loop) {
    error_code ignored;
    loop.acceptor.close(ignored);
    loop.retry_timer.cancel();
    for (Connection* connection = loop.first; connection != nullptr;
         connection = connection->next()) {
      connection->close_if_idle();
    }
    co_return;
  }

  Task<void> kill_all(Loop& loop) {
    shared_.tasks_stop = true;
    loop.sweep_timer.cancel();
    for (Connection* connection = loop.first; connection != nullptr;
         connection = connection->next()) {
      connection->kill();
    }
    co_return;
  }

  void forget_connection() {
    if (shared_.connections.fetch_sub(1) == 1 && shared_.stopping) {
      MutexLock lock(drained_mutex_);
      drained_.notify_all();
    }
  }

  void wait_for_connections(std::chrono::milliseconds grace) {
    std::unique_lock lock(drained_mutex_.native());
    drained_.wait_for(lock, grace, [&] { return shared_.connections == 0; });
  }

  ServerShared shared_;
  std::deque<Loop> loops_;
  std::uint16_t port_ = 0;
  Mutex stop_mutex_;
  Mutex drained_mutex_;
  std::condition_variable drained_;
};

}  // namespace

Result<std::unique_ptr<Server>> start_server(ServerConfig config, Loops& loops, Handler& handler,
                                             Rng& rng) {
  auto server = std::make_unique<ServerImpl>(std::move(config), handler);
  TARN_CHECK_OK(server->start(loops, rng));
  return std::unique_ptr<Server>(std::move(server));
}

}  // namespace tarn::http
