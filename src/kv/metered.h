#pragma once

#include "base/clock.h"
#include "base/metrics.h"
#include "kv/store.h"

#include <memory>

namespace tarn::kv {

/// Counts every call of `store` by operation and outcome (`tarn_kv_requests_total`) and times those
/// that may suspend
/// (`tarn_kv_request_duration_seconds`). `metrics` and `clock` outlive the result.
std::unique_ptr<Store> metered(std::unique_ptr<Store> store, Metrics& metrics, const Clock& clock);

}  // namespace tarn::kv
