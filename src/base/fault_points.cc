#include "base/fault_points.h"

#include "base/thread_annotations.h"

#include <unistd.h>

#include <atomic>
#include <memory>
#include <utility>

namespace tarn {
namespace {

struct Points {
  /// Read first, so that a point nobody armed costs one load.
  std::array<std::atomic<bool>, kFaultPoints.size()> armed{};
  Mutex mutex;
  std::array<std::shared_ptr<std::function<void()>>, kFaultPoints.size()> hooks
      TARN_GUARDED_BY(mutex);
};

Points& points() {
  static Points instance;
  return instance;
}

}  // namespace

bool arm_fault_point(std::string_view name, std::function<void()> hook) {
  for (std::size_t i = 0; i < kFaultPoints.size(); ++i) {
    if (kFaultPoints[i] == name) {
      Points& all = points();
      MutexLock lock(all.mutex);
      all.armed[i] = static_cast<bool>(hook);
      all.hooks[i] = std::make_shared<std::function<void()>>(std::move(hook));
      return true;
    }
  }
  return false;
}

bool arm_fault_exit(std::string_view name, std::size_t pass) {
  auto left = std::make_shared<std::atomic<std::size_t>>(pass);
  return arm_fault_point(name, [left] {
    if (left->fetch_sub(1) == 1) {
      ::_exit(kFaultExitCode);
    }
  });
}

void detail::pass_fault_point(std::size_t index) {
  Points& all = points();
  if (!all.armed[index].load(std::memory_order_relaxed)) {
    return;
  }
  std::shared_ptr<std::function<void()>> hook;
  {
    MutexLock lock(all.mutex);
    hook = all.hooks[index];
  }
  if (hook && *hook) {
    (*hook)();
  }
}

}  // namespace tarn
