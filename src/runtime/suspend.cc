#include "runtime/suspend.h"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <memory>
#include <utility>

namespace tarn {

namespace asio = boost::asio;

Task<void> suspend(std::function<void(std::function<void()> resume)> start) {
  auto initiation = [&start](auto handler) {
    using Handler = decltype(handler);
    auto executor = asio::get_associated_executor(handler);
    using Executor = decltype(executor);
    // std::function wants copyable contents; the handler is move-only.
    struct State {
      Handler handler;
      asio::executor_work_guard<Executor> guard;  // keeps the loop running meanwhile
      std::atomic<bool> posted = false;
      State(Handler h, const Executor& e) : handler(std::move(h)), guard(e) {}
    };
    auto state = std::make_shared<State>(std::move(handler), executor);
    std::function<void()> resume = [state, executor] {
      // The task that continues may be the loop's last, and the loop gone a moment later. So it
      // waits until this thread is out of the loop, and takes with it everything whose end would
      // touch the loop again.
      asio::post(executor, [state, guard = std::move(state->guard)]() mutable {
        state->posted.wait(false, std::memory_order_acquire);
        Handler continuation = std::move(state->handler);
        state.reset();
        std::move(continuation)();
      });
      state->posted.store(true, std::memory_order_release);
      state->posted.notify_one();
    };
    start(std::move(resume));
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(initiation,
                                                                       asio::use_awaitable);
}

}  // namespace tarn
