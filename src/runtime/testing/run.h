#pragma once

#include "runtime/task.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <optional>
#include <utility>

namespace tarn::testing {

/// Runs a task to its end on a loop of its own and returns what it returned. For tests.
template <class T>
T run(Task<T> task) {
  boost::asio::io_context loop;
  std::optional<T> value;
  std::exception_ptr thrown;
  auto wrapper = [](Task<T> inner, std::optional<T>& out) -> Task<void> {
    T result = co_await std::move(inner);
    out.emplace(std::move(result));
  };
  boost::asio::co_spawn(loop, wrapper(std::move(task), value),
                        [&thrown](std::exception_ptr e) { thrown = e; });
  loop.run();
  if (thrown) {
    std::rethrow_exception(thrown);
  }
  return *std::move(value);
}

inline void run(Task<void> task) {
  boost::asio::io_context loop;
  std::exception_ptr thrown;
  boost::asio::co_spawn(loop, std::move(task), [&thrown](std::exception_ptr e) { thrown = e; });
  loop.run();
  if (thrown) {
    std::rethrow_exception(thrown);
  }
}

}  // namespace tarn::testing
