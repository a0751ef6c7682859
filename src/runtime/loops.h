#pragma once

#include "runtime/task.h"

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <memory>

namespace tarn {

/// N event loops, one thread each. A connection and all coroutines it starts live on one loop.
class Loops {
 public:
  explicit Loops(std::size_t count);
  /// Stops and joins.
  ~Loops();
  Loops(const Loops&) = delete;
  Loops& operator=(const Loops&) = delete;

  std::size_t size() const;
  boost::asio::any_io_executor executor(std::size_t index) const;
  /// The next loop in turn, for work that is bound to none.
  boost::asio::any_io_executor next();
  /// Abandons what still runs. Call after every TaskGroup is closed.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Runs `task` on `executor` and blocks the calling thread (never a loop's own) until it is done.
void block_on(const boost::asio::any_io_executor& executor, Task<void> task);

/// Continues the awaiting coroutine on the next turn of its loop; for long loops over memory.
Task<void> yield_loop();

}  // namespace tarn
