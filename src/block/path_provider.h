#pragma once

#include "base/clock.h"
#include "base/id.h"
#include "base/thread_annotations.h"

#include <string>
#include <string_view>

namespace tarn::block {

/// The data or compression extension of a logical path that engines choose a decoder by (`.csv.gz`,
/// `.parquet`), or empty.
std::string_view known_extension(std::string_view path);

/// Names new data objects relative to their namespace: `data/<partition>/<name><extension>`. A
/// partition is a descending xid, so that newer ones list first; it changes after 50,000 names or
/// an hour. Thread-safe.
class PathProvider {
 public:
  PathProvider(const Clock& clock, XidGenerator& xids, bool keep_extension = true)
      : clock_(clock), xids_(xids), keep_extension_(keep_extension) {}

  std::string next(std::string_view logical_path);

  static constexpr std::size_t kNamesPerPartitionMax = 50'000;
  static constexpr std::chrono::hours kPartitionAgeMax{1};

 private:
  const Clock& clock_;
  XidGenerator& xids_;
  const bool keep_extension_;
  Mutex mutex_;
  std::string partition_ TARN_GUARDED_BY(mutex_);
  std::size_t names_ TARN_GUARDED_BY(mutex_) = 0;
  SteadyTime since_ TARN_GUARDED_BY(mutex_);
};

}  // namespace tarn::block
