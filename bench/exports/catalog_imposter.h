#pragma once

#include "base/clock.h"
#include "base/json.h"
#include "base/rng.h"
#include "base/thread_annotations.h"
#include "http/server.h"
#include "runtime/loops.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace tarn::bench {

/// S3 and Glue at one address, in this process, each answer as late as it is told. Of what is
/// written to S3 nothing is kept but its number and size, of partitions their values and locations.
/// Thread-safe.
class CatalogImposter final : public http::Handler {
 public:
  explicit CatalogImposter(std::chrono::nanoseconds latency);
  ~CatalogImposter() override;

  Task<http::Response> handle(Context ctx, http::Request request) override;
  std::string base_url() const;

  std::uint64_t requests() const { return requests_; }
  std::uint64_t manifests() const { return manifests_; }
  std::uint64_t manifest_bytes() const { return manifest_bytes_; }
  std::size_t partitions() const;
  /// Requests that put partitions, refused ones not counted, and the most that one of them held.
  std::uint64_t partition_requests() const { return partition_requests_; }
  std::uint64_t batch_max() const { return batch_max_; }

  /// From now on Glue answers `amount` requests in each `window` and refuses the others.
  void throttle(std::size_t amount, std::chrono::nanoseconds window);
  std::uint64_t throttled() const { return throttled_; }

 private:
  using Values = std::vector<std::string>;
  bool admitted() TARN_REQUIRES(mutex_);
  /// Answer to a Glue operation, its HTTP status.
  std::pair<unsigned, Json> apply(const std::string& operation, const Json& input);
  Json put_partitions(bool create, const Json& input) TARN_REQUIRES(mutex_);
  Json find_partitions(const Json& input) const TARN_REQUIRES(mutex_);

  const std::chrono::nanoseconds latency_;
  std::atomic<std::uint64_t> requests_ = 0;
  std::atomic<std::uint64_t> manifests_ = 0;
  std::atomic<std::uint64_t> manifest_bytes_ = 0;
  std::atomic<std::uint64_t> partition_requests_ = 0;
  std::atomic<std::uint64_t> batch_max_ = 0;
  std::atomic<std::uint64_t> throttled_ = 0;
  mutable Mutex mutex_;
  /// The one table's; null = there is none.
  Json table_ TARN_GUARDED_BY(mutex_);
  std::map<Values, std::string> partitions_ TARN_GUARDED_BY(mutex_);
  /// 0 = all are answered.
  std::size_t admitted_max_ TARN_GUARDED_BY(mutex_) = 0;
  std::size_t admitted_ TARN_GUARDED_BY(mutex_) = 0;
  std::chrono::nanoseconds window_ TARN_GUARDED_BY(mutex_){};
  SteadyTime window_end_ TARN_GUARDED_BY(mutex_);
  SystemClock clock_;
  SystemRng rng_;
  Loops loops_{1};
  std::unique_ptr<http::Server> server_;
};

}  // namespace tarn::bench
