#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "base/metrics.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace tarn::aws {

/// Counts and times the calls of one AWS service. Thread-safe. Without metrics it does nothing.
class ClientMeter {
 public:
  ClientMeter(Metrics* metrics, std::string service)
      : metrics_(metrics), service_(std::move(service)) {}

  /// `error` null = success.
  void count(std::string_view operation, const Error* error, std::size_t repetitions,
             SteadyTime::duration taken) const;

 private:
  Metrics* metrics_;
  std::string service_;
};

}  // namespace tarn::aws
