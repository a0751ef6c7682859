#include "runtime/blocking_pool.h"

#include "runtime/suspend.h"

#include <utility>

namespace tarn {

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
  bool ran = true;
  std::function<void(std::function<void()>)> start = [this, &job,
                                                      &ran](const std::function<void()>& resume) {
    std::function<void()> work_and_resume = [job = std::move(job), resume] {
      job();
      resume();
    };
    if (!post(std::move(work_and_resume))) {
      ran = false;
      resume();
    }
  };
  co_await suspend(std::move(start));
  if (!ran) {
    co_return Error(kThrottled, name_ + " queue is full");
  }
  co_return Result<void>();
}

}  // namespace tarn
