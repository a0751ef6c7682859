#include "runtime/timer.h"

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <memory>

namespace tarn {

namespace asio = boost::asio;

Task<Result<void>> sleep_for(Context ctx, std::chrono::nanoseconds duration) {
  auto executor = co_await asio::this_coro::executor;
  auto timer = std::make_shared<asio::steady_timer>(executor);
  SteadyTime end = asio::steady_timer::clock_type::now() + std::chrono::duration_cast<SteadyTime::duration>(duration);
  const bool cut = ctx.deadline() && *ctx.deadline() < end;
  if (cut) {
    end = *ctx.deadline();
  }
  timer->expires_at(end);
  // Cancellation may come from another thread; timers belong to their loop.
  std::function<void()> stop = [timer, executor] {
    asio::post(executor, [timer] { timer->cancel(); });
  };
  auto registration = ctx.cancel().on_cancel(std::move(stop));
  boost::system::error_code error;
  if (!ctx.cancel().cancelled()) {
    co_await timer->async_wait(asio::redirect_error(asio::use_awaitable, error));
  }
  if (ctx.cancel().cancelled()) {
    co_return Error(kCancelled);
  }
  if (cut) {
    co_return Error(kTimeout);
  }
  co_return Result<void>();
}

}  // namespace tarn
