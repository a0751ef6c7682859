#include "runtime/task_group.h"

#include "base/assert.h"
#include "base/log.h"
#include "base/thread_annotations.h"
#include "runtime/suspend.h"

#include <boost/asio/co_spawn.hpp>

#include <condition_variable>
#include <exception>
#include <functional>
#include <utility>
#include <vector>

namespace tarn {

namespace asio = boost::asio;

struct TaskGroup::State {
  mutable Mutex mutex;
  std::condition_variable_any idle;
  std::size_t running TARN_GUARDED_BY(mutex) = 0;
  bool closed TARN_GUARDED_BY(mutex) = false;
  std::vector<std::function<void()>> waiters TARN_GUARDED_BY(mutex);

  void finished() {
    std::vector<std::function<void()>> wake;
    {
      MutexLock lock(mutex);
      if (--running == 0) {
        wake.swap(waiters);
      }
    }
    idle.notify_all();
    for (const auto& waiter : wake) {
      waiter();
    }
  }
};

TaskGroup::TaskGroup() : state_(std::make_shared<State>()) {}

TaskGroup::~TaskGroup() { TARN_ASSERT(running() == 0, "a task outlived its group"); }

bool TaskGroup::spawn(const asio::any_io_executor& executor, Task<void> task) {
  {
    MutexLock lock(state_->mutex);
    if (state_->closed) {
      return false;
    }
    ++state_->running;
  }
  asio::co_spawn(executor, std::move(task), [state = state_](const std::exception_ptr& thrown) {
    if (thrown) {
      try {
        std::rethrow_exception(thrown);
      } catch (const std::exception& e) {
        log::error("a background task threw", {{"what", e.what()}});
      }
    }
    state->finished();
  });
  return true;
}

void TaskGroup::close() {
  MutexLock lock(state_->mutex);
  state_->closed = true;
}

Task<void> TaskGroup::join() {
  std::function<void(std::function<void()>)> start = [state =
                                                          state_](std::function<void()> resume) {
    {
      MutexLock lock(state->mutex);
      if (state->running != 0) {
        state->waiters.push_back(std::move(resume));
        return;
      }
    }
    resume();
  };
  co_await suspend(std::move(start));
}

void TaskGroup::join_blocking() {
  state_->mutex.lock();
  while (state_->running != 0) {
    state_->idle.wait(state_->mutex);
  }
  state_->mutex.unlock();
}

std::size_t TaskGroup::running() const {
  MutexLock lock(state_->mutex);
  return state_->running;
}

}  // namespace tarn
