#include "runtime/suspend.h"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>
#include <utility>

namespace tarn {

namespace asio = boost::asio;

Task<void> suspend(std::function<void(std::function<void()> resume)> start) {
  auto initiation = [&start](auto handler) {
    using Handler = decltype(handler);
    // std::function wants copyable contents; the handler is move-only.
    auto shared = std::make_shared<Handler>(std::move(handler));
    auto executor = asio::get_associated_executor(*shared);
    auto guard = std::make_shared<asio::executor_work_guard<decltype(executor)>>(executor);
    std::function<void()> resume = [shared, guard, executor] {
      asio::post(executor, [shared, guard] { std::move (*shared)(); });
    };
    start(std::move(resume));
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(initiation,
                                                                       asio::use_awaitable);
}

}  // namespace tarn
