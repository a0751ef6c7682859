#include "catalog/housekeeping.h"

#include "base/log.h"
#include "runtime/timer.h"

#include <utility>

namespace tarn::catalog {

void Housekeeping::start(std::string name, std::chrono::nanoseconds interval, Job job) {
  running_.spawn(loops_.next(), run(std::move(name), interval, std::move(job)));
}

void Housekeeping::stop() {
  stop_.cancel(CancelReason::kShutdown);
  running_.close();
  running_.join_blocking();
}

Task<void> Housekeeping::run(std::string name, std::chrono::nanoseconds interval, Job job) {
  const Context ctx("housekeeping", stop_.token());
  for (Result<void> rested; rested; rested = co_await sleep_for(ctx, interval)) {
    const Result<void> done = co_await job(ctx);
    if (!done && !ctx.cancel().cancelled()) {
      log::warn("housekeeping failed", {{"job", name}, {"error", done.error().message()}});
    }
  }
}

}  // namespace tarn::catalog
