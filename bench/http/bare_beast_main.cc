// tarn_bare_beast --port N [--loops N]: the least that answers HTTP with Boost.Beast coroutines:
// one accept loop and one read/write loop per connection, the same answer as tarn_yardstick.
// No timeouts, no limits, no request ids: what the http module adds has to fit in the difference.
#include "bench/http/yardstick.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/src.hpp>

#include <sys/socket.h>

#include <deque>
#include <thread>
#include <vector>

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

asio::awaitable<void> serve(tcp::socket socket) {
  beast::flat_buffer buffer;
  boost::system::error_code failure;
  for (;;) {
    beast::http::request<beast::http::string_body> request;
    co_await beast::http::async_read(socket, buffer, request,
                                     asio::redirect_error(asio::use_awaitable, failure));
    if (failure) {
      co_return;
    }
    beast::http::response<beast::http::string_body> response(beast::http::status::ok,
                                                             request.version());
    response.set(beast::http::field::content_type, "application/json");
    response.keep_alive(request.keep_alive());
    response.body() = tarn::bench::kAnswer;
    response.prepare_payload();
    co_await beast::http::async_write(socket, response,
                                      asio::redirect_error(asio::use_awaitable, failure));
    if (failure) {
      co_return;
    }
  }
}

asio::awaitable<void> accept(tcp::acceptor& acceptor) {
  for (;;) {
    tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
    socket.set_option(tcp::no_delay(true));
    asio::co_spawn(acceptor.get_executor(), serve(std::move(socket)), asio::detached);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const tarn::bench::Arguments arguments = tarn::bench::read_arguments(argc, argv);
  tcp::endpoint endpoint(asio::ip::address_v4::loopback(), arguments.port);
  std::deque<asio::io_context> contexts;
  std::deque<tcp::acceptor> acceptors;
  for (std::size_t i = 0; i < arguments.loops; ++i) {
    asio::io_context& context = contexts.emplace_back(1);
    tcp::acceptor& acceptor = acceptors.emplace_back(context);
    acceptor.open(endpoint.protocol());
    acceptor.set_option(tcp::acceptor::reuse_address(true));
    acceptor.set_option(ReusePort(true));
    acceptor.bind(endpoint);
    acceptor.listen();
    endpoint = acceptor.local_endpoint();
    asio::co_spawn(context, accept(acceptor), asio::detached);
  }
  std::vector<std::thread> threads;
  for (asio::io_context& context : contexts) {
    threads.emplace_back([&context] { context.run(); });
  }
  tarn::bench::announce_and_wait(endpoint.port());
  for (asio::io_context& context : contexts) {
    context.stop();
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  return 0;
}
