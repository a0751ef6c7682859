#pragma once

#include <boost/asio/awaitable.hpp>

namespace tarn {

/// A coroutine that runs on an event loop. Starts when awaited; await it at most once.
/// Parameters of coroutines are values; services are references that outlive the task.
template <class T>
using Task = boost::asio::awaitable<T>;

}  // namespace tarn
