#pragma once

#include "actions/action.h"
#include "base/metrics.h"
#include "graveler/hooks.h"

#include <chrono>

namespace tarn::actions {

/// What runs and hooks leave on /metrics. Thread-safe.
class RunMetrics {
 public:
  /// `metrics` outlives this.
  explicit RunMetrics(Metrics& metrics);

  void hook_ended(HookType type, bool passed, std::chrono::nanoseconds taken);
  void hook_retried(HookType type);
  void run_ended(graveler::Event event, bool passed, std::chrono::nanoseconds taken);
  /// Runs in the background that have not ended.
  void waiting(std::size_t count) { waiting_.set(static_cast<double>(count)); }

 private:
  Metrics& metrics_;
  Gauge waiting_;
};

}  // namespace tarn::actions
