#include "runtime/semaphore.h"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace tarn {

namespace asio = boost::asio;

Task<AsyncSemaphore::Permit> AsyncSemaphore::acquire() {
  {
    MutexLock lock(mutex_);
    if (free_ > 0) {
      --free_;
      co_return Permit(*this);
    }
  }
  auto initiation = [this](auto handler) {
    using Handler = decltype(handler);
    auto shared = std::make_shared<Handler>(std::move(handler));
    auto executor = asio::get_associated_executor(*shared);
    auto guard = std::make_shared<asio::executor_work_guard<decltype(executor)>>(executor);
    std::function<void()> resume = [shared, guard, executor] {
      asio::post(executor, [shared, guard] { std::move (*shared)(); });
    };
    bool now = false;
    {
      MutexLock lock(mutex_);
      if (free_ > 0) {
        --free_;
        now = true;
      } else {
        waiting_.push_back(resume);
      }
    }
    if (now) {
      resume();
    }
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(initiation, asio::use_awaitable);
  co_return Permit(*this);
}

void AsyncSemaphore::release() {
  std::function<void()> next;
  {
    MutexLock lock(mutex_);
    if (waiting_.empty()) {
      ++free_;
      return;
    }
    // The permit passes straight to the first waiter.
    next = std::move(waiting_.front());
    waiting_.pop_front();
  }
  next();
}

}  // namespace tarn
