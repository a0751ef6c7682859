#include "aws/client/meter.h"

#include <chrono>

namespace tarn::aws {

void ClientMeter::count(std::string_view operation, const Error* error, std::size_t repetitions,
                        SteadyTime::duration taken) const {
  if (metrics_ == nullptr) {
    return;
  }
  // Looked up each time: next to a network call that costs nothing.
  MetricLabels labels{{"service", service_}, {"operation", std::string(operation)}};
  if (repetitions > 0) {
    metrics_->counter("tarn_aws_retries_total", "Repeated requests to AWS services.", labels)
        .add(static_cast<double>(repetitions));
  }
  metrics_
      ->histogram("tarn_aws_request_duration_seconds",
                  "Time of calls to AWS services until their answer starts.", duration_bounds(),
                  labels)
      .observe(std::chrono::duration<double>(taken).count());
  labels.emplace_back("outcome", error == nullptr ? "ok" : to_string(error->kind()));
  metrics_->counter("tarn_aws_requests_total", "Calls to AWS services.", std::move(labels)).add();
}

}  // namespace tarn::aws
