#include <boost/asio/awaitable.hpp>
#include <boost/asio/this_coro.hpp>
