#include "runtime/blocking_pool.h"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>
#include <utility>

namespace tarn {

namespace asio = boost::asio;

BlockingPool::BlockingPool(std::string name, std::size_t threads, std::size_t queue_max)
    : name_(std::move(name)), queue_max_(queue_max) {
  for (std::size_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { work(); });
  }
}

BlockingPool::~BlockingPool() {
  {
    MutexLock lock(mutex_);
    closed_ = true;
  }
  ready_.notify_all();
  for (std::thread& thread : threads_) {
    thread.join();
  }
}

bool BlockingPool::post(std::function<void()> job) {
  {
    MutexLock lock(mutex_);
    if (closed_ || queue_.size() >= queue_max_) {
      return false;
    }
    queue_.push_back(std::move(job));
  }
  ready_.notify_one();
  return true;
}

std::size_t BlockingPool::queued() const {
  MutexLock lock(mutex_);
  return queue_.size();
}

void BlockingPool::work() {
  for (;;) {
    std::function<void()> job;
    {
      MutexLock lock(mutex_);
      while (queue_.empty() && !closed_) {
        ready_.wait(mutex_);
      }
      if (queue_.empty()) {
        return;
      }
      job = std::move(queue_.front());
      queue_.pop_front();
    }
    job();
  }
}

Task<Result<void>> BlockingPool::run(std::function<void()> job) {
  auto initiation = [this, &job](auto handler) {
    using Handler = decltype(handler);
    // std::function wants a copyable job; the handler is move-only.
    auto shared = std::make_shared<Handler>(std::move(handler));
    auto executor = asio::get_associated_executor(*shared);
    // The guard keeps the caller's loop alive while the job is elsewhere.
    auto guard = std::make_shared<asio::executor_work_guard<decltype(executor)>>(executor);
    const bool queued = post([job = std::move(job), shared, guard, executor] {
      job();
      asio::post(executor, [shared, guard] { std::move (*shared)(true); });
    });
    if (!queued) {
      asio::post(executor, [shared, guard] { std::move (*shared)(false); });
    }
  };
  const bool ran = co_await asio::async_initiate<const asio::use_awaitable_t<>, void(bool)>(initiation, asio::use_awaitable);
  if (!ran) {
    co_return Error(kThrottled, name_ + " queue is full");
  }
  co_return Result<void>();
}

}  // namespace tarn
