#pragma once

#include "base/json.h"
#include "base/thread_annotations.h"
#include "http/testing/imposter.h"

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace tarn::actions::lua::testing {

/// AWS Glue's databases and tables in memory. Refuses members that Glue does not know at the top of
/// a request. Thread-safe.
class GlueImposter {
 public:
  std::string base_url() const { return imposter_.base_url(); }
  /// Bodies of the requests of one operation.
  std::vector<Json> inputs(const std::string& operation) const;
  std::vector<http::testing::ReceivedRequest> requests() const { return imposter_.requests(); }
  void add_database(const std::string& name);
  /// TableInput as it was sent.
  Json table(const std::string& database, const std::string& name) const;
  std::size_t table_count() const;

 private:
  http::testing::Reply answer(const http::testing::ReceivedRequest& request);
  http::testing::Reply apply(const std::string& operation, const Json& input) TARN_REQUIRES(mutex_);

  mutable Mutex mutex_;
  std::set<std::string> databases_ TARN_GUARDED_BY(mutex_);
  std::map<std::pair<std::string, std::string>, Json> tables_ TARN_GUARDED_BY(mutex_);
  std::vector<std::pair<std::string, Json>> calls_ TARN_GUARDED_BY(mutex_);
  http::testing::Imposter imposter_{
      [this](const http::testing::ReceivedRequest& request) { return answer(request); }};
};

}  // namespace tarn::actions::lua::testing
